import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { LoadJob, LoadResult } from './load.ts';

/** Clock ticks a second in `/proc`, on every Linux that Node.js runs on. */
const TICKS = 100;

/** CPU seconds that a process has used, all of it and by thread. Linux only. */
export interface CpuSeconds {
  all: number;
  main: number;
  /** The thread that owns the store, 0 if there is none. */
  store: number;
}

function secondsOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(') ') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

export function cpuSeconds(pid: number): CpuSeconds {
  const cpu: CpuSeconds = { all: secondsOf(readFileSync(`/proc/${pid}/stat`, 'utf8')), main: 0, store: 0 };
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
    if (Number(thread) === pid) cpu.main = secondsOf(stat);
    else if (stat.includes('(whatsapp-store)')) cpu.store += secondsOf(stat);
  }
  return cpu;
}

/** Resident memory of a process in MB. Linux only. */
export function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
}

/** Runs the load generator in a process of its own. */
export async function load(job: LoadJob): Promise<LoadResult> {
  const dir = await mkdtemp(join(tmpdir(), 'wa-load-'));
  try {
    const file = join(dir, 'job.json');
    await writeFile(file, JSON.stringify(job));
    const script = fileURLToPath(new URL('./load.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script, file], { maxBuffer: 1e7 });
    return JSON.parse(stdout.trim().split('\n').at(-1)!) as LoadResult;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

export const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** The value below which a part (0 to 1) of the values lies; 0 without any. */
export function quantile(values: number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
