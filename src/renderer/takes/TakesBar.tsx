/** List or grid, which takes, in which order. */
import { LayoutGrid, List } from 'lucide-react';
import { setTakesView, type TakeFilter, type TakeOrder, useTakesView } from '../store/takes.ts';
import { IconButton } from '../ui/IconButton.tsx';
import { type Option, Select } from '../ui/Select.tsx';
import styles from './Takes.module.css';

const STARS = [1, 2, 3, 4, 5] as const;
const FILTERS: readonly Option[] = [
  { id: 'all', name: 'All takes' },
  { id: 'shown', name: 'Shown', note: 'What the timeline shows' },
  { id: 'unrated', name: 'Not rated' },
  ...STARS.map((stars) => ({
    id: String(stars),
    name: `${'★'.repeat(stars)}${stars < 5 ? ' or more' : ''}`,
  })),
];
const ORDERS: readonly Option[] = [
  { id: 'newest', name: 'Newest' },
  { id: 'oldest', name: 'Oldest' },
  { id: 'best', name: 'Best' },
];

const filterOf = (id: string) => (/^\d$/.test(id) ? Number(id) : id) as TakeFilter;

export function TakesBar() {
  const { as, filter, order } = useTakesView(({ as, filter, order }) => ({ as, filter, order }));
  return (
    <div className={styles.bar} role="toolbar" aria-label="Which takes">
      <IconButton
        name={as === 'list' ? 'Show takes as a grid' : 'Show takes as a list'}
        onPress={() => setTakesView({ as: as === 'list' ? 'grid' : 'list' })}
      >
        {as === 'list' ? <LayoutGrid /> : <List />}
      </IconButton>
      <Select
        label="Which takes"
        isLabelHidden
        options={FILTERS}
        value={String(filter)}
        onChange={(id) => setTakesView({ filter: filterOf(id) })}
      />
      <Select
        label="Order of takes"
        isLabelHidden
        options={ORDERS}
        value={order}
        onChange={(id) => setTakesView({ order: id as TakeOrder })}
      />
    </div>
  );
}
