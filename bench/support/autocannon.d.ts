/** The part of autocannon that the benchmarks use; it ships no types. */
declare module 'autocannon' {
  interface Client {
    setRequests(requests: { method: 'POST'; path: string; headers: Record<string, string>; body: string }[]): void;
  }
  interface Result {
    '2xx': number;
    non2xx: number;
    errors: number;
    timeouts: number;
    /** Seconds. */
    duration: number;
    /** ms. */
    latency: { p50: number; p99: number };
  }
  export default function autocannon(options: {
    url: string;
    connections: number;
    amount: number;
    timeout: number;
    setupClient(client: Client): void;
  }): Promise<Result>;
}
