/** Files dropped on the window. */
import type { Page } from 'playwright';

/** As the system drops them: the page asks the shell for their paths. */
export async function drop(page: Page, ...paths: string[]): Promise<void> {
  await page.evaluate((dropped) => {
    const names = dropped.map((path) => path.replace(/^.*[\\/]/, ''));
    (globalThis as { droppedPaths?: object }).droppedPaths = Object.fromEntries(
      names.map((name, i) => [name, dropped[i]]),
    );
    const carried = new DataTransfer();
    for (const name of names) carried.items.add(new File(['x'], name));
    for (const type of ['dragover', 'drop']) {
      document.body.dispatchEvent(
        new DragEvent(type, { dataTransfer: carried, bubbles: true, cancelable: true }),
      );
    }
  }, paths);
}
