import { isIP } from 'node:net';
import type { RequestHandler } from 'express';

/**
 * Keeps other web pages out. The Host header must name this machine (a page that rebinds its own name to 127.0.0.1 does not), and a
 * request that changes something must not come from another origin. When the simulator listens beyond loopback, IP addresses are
 * fine as well: they cannot be rebound.
 */
export function guard(listensOn: string, allowedHosts: string[]): RequestHandler {
  const beyondLoopback = !isLoopback(listensOn);
  return (request, response, next) => {
    const host = hostName(request.headers.host ?? '');
    const known =
      isLoopback(host) || allowedHosts.includes(host) || (beyondLoopback && (host === listensOn || isIP(host) !== 0));
    if (!known) {
      response
        .status(421)
        .json({ error: { code: 'wrong_host', message: 'The simulator is not served under this name.' } });
      return;
    }
    const origin = request.headers.origin;
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (!reads && origin !== undefined && !isSameOrigin(origin, request.headers.host)) {
      response.status(403).json({ error: { code: 'wrong_origin', message: 'Requests from other pages are refused.' } });
      return;
    }
    next();
  };
}

function isSameOrigin(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host;
}

function hostName(host: string): string {
  const url = `http://${host}`;
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : '';
}

/** Whether a host name means this machine and nothing else. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host) || host.endsWith('.localhost');
}
