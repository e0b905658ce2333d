/** The part of the test helper that the tests use; it ships no types. */
declare module 'node-red-node-test-helper' {
  import type { Node, NodeInitializer } from 'node-red';

  interface Spy {
    getCalls(): { args: unknown[] }[];
    lastCall: { args: unknown[] };
  }
  /** Its methods are spied on. */
  type SpiedNode = Omit<Node, 'status' | 'warn'> & {
    status: Spy;
    warn: Spy;
    on(event: 'call:status', heard: (call: { args: [{ fill?: string; shape?: string; text?: string }] }) => void): void;
  };

  const helper: {
    init(runtimePath: string): void;
    settings(settings: Record<string, unknown>): void;
    load(modules: NodeInitializer[], flow: object[], credentials: Record<string, object>): Promise<void>;
    /** Rejects if the flows do not start within 300 ms. */
    setFlows(flow: object[], type: 'full' | 'nodes', credentials: Record<string, object>): Promise<void>;
    unload(): Promise<void>;
    getNode(id: string): SpiedNode;
    startServer(done: () => void): void;
    stopServer(done: () => void): void;
  };
  export default helper;
}
