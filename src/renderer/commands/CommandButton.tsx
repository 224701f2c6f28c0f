/** A picture button that runs a command and shows the command's own name and key. */
import type { ReactNode } from 'react';
import { commands, run } from '../actions/registry.ts';
import { useKeyLabel } from '../keyboard/bindings.ts';
import { IconButton } from '../ui/IconButton.tsx';

interface Props {
  readonly id: string;
  /** In place of the command's name: "Undo Split". */
  readonly name?: string;
  readonly isDisabled?: boolean;
  readonly isOn?: boolean;
  readonly children: ReactNode;
}

export function CommandButton({ id, name, ...rest }: Props) {
  const keys = useKeyLabel(id);
  const own = commands.find((command) => command.id === id)?.name ?? id;
  return <IconButton name={name ?? own} keys={keys} onPress={() => void run(id)} {...rest} />;
}
