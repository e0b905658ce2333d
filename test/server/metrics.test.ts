import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { METRICS_TOKEN, openCentre, type TestCentre } from './centre.ts';

describe('GET /whatsapp/metrics', () => {
  let centre: TestCentre;
  before(async () => {
    centre = await openCentre();
  });
  after(() => centre.close());

  const ask = async (headers: Record<string, string> = {}) => {
    const response = await fetch(centre.url.replace(/api$/, 'metrics'), { headers });
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
  };

  it('is for supervisors and for who bears the token', async () => {
    expect((await ask()).status).to.equal(401);
    expect((await ask({ authorization: 'Bearer wrong' })).status).to.equal(401);
    expect((await ask({ authorization: 'Bearer ' })).status).to.equal(401);
    const agent = await centre.person('anna');
    expect((await ask({ cookie: agent.cookie })).status).to.equal(403);
    const supervisor = await centre.person('sue', 'supervisor');
    expect((await ask({ cookie: supervisor.cookie })).status).to.equal(200);
    const { status, type } = await ask({ authorization: `Bearer ${METRICS_TOKEN}` });
    expect(status).to.equal(200);
    expect(type).to.match(/^text\/plain/);
  });

  it('tells how queues stand, what is under way, and what was counted', async () => {
    await centre.write();
    const { text } = await ask({ authorization: `Bearer ${METRICS_TOKEN}` });
    expect(text).to.match(/^whatsapp_queue_waiting\{queue="Sales"\} 0$/m);
    expect(text).to.match(/^whatsapp_queue_longest_wait_seconds\{queue="Sales"\} 0$/m);
    expect(text).to.match(/^whatsapp_runtimes 1$/m);
    expect(text).to.match(/^whatsapp_outgoing_messages\{state="queued"\} 0$/m);
    expect(text).to.match(/^whatsapp_commit_commands_count [1-9]/m);
    for (const name of ['ingest_seconds', 'event_lag_seconds', 'sends_total', 'errors_total', 'pool_connections'])
      expect(text).to.contain(`# TYPE whatsapp_${name} `);
  });

  it('has what the dashboard and the alerts ask for, and the dashboard shows all of it', async () => {
    const { text } = await ask({ authorization: `Bearer ${METRICS_TOKEN}` });
    const there = new Map([...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => [name!, type!]));
    const file = (path: string) => readFile(new URL(`../../deploy/${path}`, import.meta.url), 'utf8');
    const named = (source: string) => {
      const names = [...source.matchAll(/\bwhatsapp_\w+/g)].map(([name]) => {
        const histogram = name.replace(/_(bucket|sum|count)$/, '');
        return there.get(histogram) === 'histogram' ? histogram : name;
      });
      return new Set(names);
    };
    const dashboard = JSON.parse(await file('grafana/dashboard.json')) as { panels: { targets: { expr: string }[] }[] };
    const shown = named(dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join('\n'));
    expect([...shown].sort()).to.deep.equal([...there.keys()].filter((name) => name.startsWith('whatsapp_')).sort());
    const alerts = named((await file('prometheus/alerts.yml')).replaceAll('job="whatsapp"', ''));
    expect([...alerts].filter((name) => !there.has(name))).to.deep.equal([]);
    expect(alerts.size).to.be.above(5);
  });
});
