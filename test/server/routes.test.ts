import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import type { Route } from '../../server/route.ts';

const server = new URL('../../server/', import.meta.url);

describe('the table of routes', () => {
  it('has each call once', async () => {
    const calls: string[] = [];
    for (const file of readdirSync(server).filter((name) => name.endsWith('-routes.ts')))
      for (const value of Object.values(await import(new URL(file, server).href)))
        if (Array.isArray(value)) for (const { method, path } of value as Route[]) calls.push(`${method} ${path}`);
    expect(calls).to.have.length.greaterThan(25);
    expect(calls.filter((call, i) => calls.indexOf(call) !== i)).to.deep.equal([]);
  });
});
