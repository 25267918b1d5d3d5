import { isIPv6 } from 'node:net';

/** Groups of 16 bits of an IPv6 address that say which network it is of. */
const ofNetwork = 4;

/**
 * What of the address of a connection tells one host from another: of IPv6 the network, within which a host takes any
 * address that it likes; of IPv4 all of it, also where it is written as IPv6.
 */
export function blockOf(address: string): string {
  if (!isIPv6(address)) {
    return address;
  }
  const [, mapped] = /^::ffff:([\d.]+)$/i.exec(address) ?? [];
  if (mapped !== undefined) {
    return mapped;
  }
  const [head = '', tail] = (address.split('%', 1)[0] ?? '').split('::');
  const before = groupsOf(head);
  const left = 8 - before.length - groupsOf(tail).length;
  const all = [...before, ...Array.from({ length: left }, () => 0), ...groupsOf(tail)];
  return `${all
    .slice(0, ofNetwork)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

/** An IPv4 address at the end stands for two. */
function groupsOf(text: string | undefined): number[] {
  const groups = text === undefined || text === '' ? [] : text.split(':');
  return groups.flatMap((group) => (group.includes('.') ? [0, 0] : [Number.parseInt(group, 16)]));
}
