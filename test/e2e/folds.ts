/** The folds of the inspector, opened as an artist with a keyboard does. */
import type { Page } from 'playwright';

const headers = (page: Page) =>
  page.getByRole('tabpanel', { name: 'Inspector' }).getByRole('heading', { level: 2 }).getByRole('button');

/** @param name as the header begins */
export async function unfold(page: Page, name: string): Promise<void> {
  const header = headers(page).filter({ hasText: new RegExp(`^${name}`) });
  if ((await header.getAttribute('aria-expanded')) === 'false') await header.press('Enter');
}

export async function unfoldAll(page: Page): Promise<void> {
  await headers(page).first().waitFor();
  for (const header of await headers(page).all())
    if ((await header.getAttribute('aria-expanded')) === 'false') await header.press('Enter');
}
