import './theme.css';

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/App.tsx';
import { NoEngine } from './app/NoEngine.tsx';
import { hasEngine } from './engine.ts';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(<StrictMode>{hasEngine() ? <App /> : <NoEngine />}</StrictMode>);
