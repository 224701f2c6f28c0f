export function Timeline() {
  return <section aria-label="Timeline" style={{ gridArea: 'timeline', height: 248 }} />;
}
