/** Which addresses of the network a server may be led to by an address that somebody else wrote. */
import dns from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** Loopback, private, link-local, shared, documentation, multicast and reserved ranges: whatever is not the public internet. */
const REFUSED = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  REFUSED.addSubnet(net, bits, 'ipv4');
/** The part of IPv6 that is given out to the public internet, less what carries IPv4 addresses in it or is set aside. */
const PUBLIC_6 = new BlockList();
PUBLIC_6.addSubnet('2000::', 3, 'ipv6');
const REFUSED_6 = new BlockList();
for (const [net, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  REFUSED_6.addSubnet(net, bits, 'ipv6');

/** Whether an IP address is one of the public internet. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !REFUSED.check(address, 'ipv4');
  // An IPv4 address in IPv6's clothes is no part of that range either.
  return family === 6 && PUBLIC_6.check(address, 'ipv6') && !REFUSED_6.check(address, 'ipv6');
}

/** A name leads, or led, to an address that is not public. */
export class AddressRefused extends Error {
  readonly code = 'address_refused';
  constructor() {
    super('The address leads into a private network, which is refused.');
  }
}

/**
 * Resolves a name for a connection: what was checked is what is connected to, so that a name which changes its mind between a check
 * and the connection gains nothing. One private address among several is enough to refuse.
 */
export const publicLookup: LookupFunction = (name, options, callback) => {
  dns.lookup(name, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, []);
    if (addresses.length === 0 || addresses.some(({ address }) => !isPublicAddress(address)))
      return callback(new AddressRefused(), []);
    if (options.all) return callback(null, addresses);
    callback(null, addresses[0]!.address, addresses[0]!.family);
  });
};
