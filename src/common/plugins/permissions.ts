/** What a plugin may reach, as an artist reads it and agrees to it. */
import type { Permissions } from './manifest.ts';

/** One line each, with the reason that the plugin gives. */
export function permissionLines({ network, read, write }: Permissions): readonly string[] {
  return [
    ...(network ? [`Uses the network (${network.hosts.join(', ')}): ${network.reason}`] : []),
    ...(read ? [`Reads files that you choose: ${read.reason}`] : []),
    ...(write ? [`Writes files where you choose: ${write.reason}`] : []),
  ];
}

/** The part of what is wanted that was not granted; a reason alone is no more than before. */
export function beyond(granted: Permissions, wanted: Permissions): Permissions {
  const known = new Set(granted.network?.hosts);
  const hosts = wanted.network?.hosts.filter((host) => !known.has(host)) ?? [];
  return {
    ...(wanted.network && hosts.length > 0 && { network: { ...wanted.network, hosts } }),
    ...(wanted.read && !granted.read && { read: wanted.read }),
    ...(wanted.write && !granted.write && { write: wanted.write }),
  };
}
