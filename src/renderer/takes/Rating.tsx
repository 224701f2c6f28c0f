/** Five stars; pressing the given one takes the rating back. */
import { Star } from 'lucide-react';
import type { Take } from '../../common/project/document.ts';
import { giveRating } from '../actions/takes.ts';
import styles from './Rating.module.css';

const STARS = [1, 2, 3, 4, 5];

export function Rating({ take }: { readonly take: Take }) {
  return (
    <fieldset className={styles.rating} aria-label={`Rating: ${take.rating} of 5`}>
      {STARS.map((star) => (
        <button
          key={star}
          type="button"
          // The list's own keys rate: five more stops on the way through it would be in the way.
          tabIndex={-1}
          aria-label={`${star} of 5`}
          aria-pressed={take.rating === star}
          data-on={take.rating >= star || undefined}
          onPointerDown={(event) => event.stopPropagation()}
          onClick={(event) => {
            event.stopPropagation();
            giveRating(take, take.rating === star ? 0 : star);
          }}
        >
          <Star aria-hidden="true" />
        </button>
      ))}
    </fieldset>
  );
}
