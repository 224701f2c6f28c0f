/** What renders, waits and has ended. */
import { useJobs } from '../store/jobs.ts';

export function Queue() {
  const entries = useJobs((jobs) => jobs.entries);
  if (entries.length === 0) return <p className="quiet panel-note">Nothing waits to be rendered</p>;
  return (
    <ul className="panel-note">
      {entries.map((entry) => (
        <li key={entry.id}>
          {entry.label} – {entry.state} {Math.round(entry.fraction * 100)} %
        </li>
      ))}
    </ul>
  );
}
