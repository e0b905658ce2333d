/**
 * For every process of a test run (`require` in `.mocharc.json`). One that has done its files is killed a second after it was asked to end,
 * which is too soon for it to write what it covered: it is let to end by itself.
 */
if (process.env.MOCHA_WORKER_ID !== undefined) {
  process.on('SIGTERM', () => setTimeout(() => process.exit(1), 20_000).unref());
}
