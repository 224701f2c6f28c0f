import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './theme.css';

function Window() {
  return (
    <main className="empty">
      <h1>Retake</h1>
      <p>
        The desktop is on its way. Until then, edit from a terminal: <code>npx retake edit --help</code>
      </p>
    </main>
  );
}

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <Window />
  </StrictMode>,
);
