declare module '*.css';

interface ImportMeta {
  /** Of Vite: the modules that a pattern finds, each loaded when it is asked for. */
  glob<T>(pattern: string): Record<string, () => Promise<T>>;
}
