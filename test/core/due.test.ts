import { expect } from 'chai';
import { Centre } from './support.ts';

describe('something due that cannot be done', () => {
  it('holds up nobody else, is named, and is tried again a minute later', async () => {
    const c = await Centre.open();
    await c.agent('anna');
    await c.agent('ben');
    const h = await c.toQueue('+12025550101');
    const broken = h.context.interaction.id;
    await c.accept('anna', broken);
    await c.host.run('transfer', { interaction: broken, username: 'anna', to: { agent: 'ben' } });
    const [before] = await c.rows<{ step_result: string }>(
      `select step_result from interaction where id = '${broken}'`,
    );
    // A row as a fault of the program could leave it.
    await c.rows(`update interaction set step_result = 'not JSON' where id = '${broken}'`);
    await c.disconnect('anna');
    const other = await c.toQueue('+12025550102', { timeout: 40 });
    c.forwards();
    const warnings: string[] = [];
    const listen = (warning: Error) => warnings.push(warning.message);
    process.on('warning', listen);
    try {
      await c.advance(45);
    } finally {
      process.off('warning', listen);
    }
    expect(c.forwards()).to.deep.equal(['queue 1 timeout']);
    expect((await c.view(other.context.interaction.id)).waiting).to.equal(null);
    expect(warnings.filter((w) => w.includes(broken)).length).to.equal(1);
    expect((await c.view(broken)).waiting?.kind).to.equal('transfer');
    await c.rows(`update interaction set step_result = '${before?.step_result}' where id = '${broken}'`);
    await c.advance(60);
    expect((await c.view(broken)).waiting?.kind).to.not.equal('transfer');
    await c.host.close();
  });
});
