/** The page in a plain browser: nothing can be opened here, and it says so. */
import styles from './NoEngine.module.css';

export function NoEngine() {
  return (
    <main className={styles.page}>
      <h1>Retake</h1>
      <p>
        This page is the window of the Retake application and cannot reach files or models by itself. Start
        Retake from its icon, or with <code>npm run dev</code> in a checkout.
      </p>
    </main>
  );
}
