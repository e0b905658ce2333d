/** The commands about runtimes that share a database, and about how things stand. */
export interface ClusterCommands {
  /** How things stand, for metrics. */
  gauges: [
    Record<string, never>,
    {
      queues: { name: string; waiting: number; longestWait: number }[];
      /** Agents. */
      connected: number;
      ready: number;
      /** Offers. */
      ringing: number;
      handovers: number;
      runtimes: number;
      /** Messages out. */
      queued: number;
      sending: number;
    },
  ];
  /** A sign of life of one of several runtimes. `active`: flows run there. `count`: how many there were. */
  runtimeBeat: [{ runtime: string; active: boolean; deployed: string[] | null; count: number }, { living: string[] }];
  runtimeLeaves: [{ runtime: string }, null];
}
