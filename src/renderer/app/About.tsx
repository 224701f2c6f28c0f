/** Version and licence. */
import texts from '../ui/text.module.css';

export function About() {
  return (
    <div>
      <p>Retake re-shoots footage by text: new versions of a shot that keep its motion.</p>
      <p className={texts.quiet}>Apache License 2.0. The libraries inside keep their own licences.</p>
    </div>
  );
}
