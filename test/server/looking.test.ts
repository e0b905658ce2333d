/** Who else has a conversation in front of them. */
import { expect } from 'chai';
import { openCentre, type Person, refused, type Stream, type TestCentre } from './centre.ts';

interface Told {
  interactionId: string;
  others: { username: string; name: string }[];
}

describe('who else looks at an interaction', () => {
  let centre: TestCentre;
  let ann: Person;
  let ben: Person;
  let id: string;

  beforeEach(async () => {
    centre = await openCentre();
    ann = await centre.person('ann', 'agent', { connected: false });
    ben = await centre.person('ben', 'agent', { connected: false });
    id = await centre.write();
  });
  afterEach(() => centre.close());

  async function open(person: Person, query?: string) {
    const stream = await person.connect(query);
    const { connection } = await stream.until<{ connection: string }>('hello');
    const look = (interaction: string | null) => person.send('PUT', '/looking', { connection, interaction });
    return { stream, connection, look };
  }
  const told = (stream: Stream, names: string[]) =>
    stream.until<Told>(
      'looking',
      ({ interactionId, others }) =>
        interactionId === id && others.map(({ username }) => username).join() === names.join(),
    );
  const forget = (...streams: Stream[]) => {
    for (const { events } of streams) events.length = 0;
  };

  it('is told to all who look, and taken back when one goes elsewhere or away', async () => {
    const [first, second] = [await open(ann), await open(ben)];
    expect((await first.look(id)).status).to.equal(204);
    await told(first.stream, []);
    await second.look(id);
    await Promise.all([told(first.stream, ['ben']), told(second.stream, ['ann'])]);
    forget(first.stream, second.stream);
    await second.look(null);
    await told(first.stream, []);
    await second.look(id);
    await told(first.stream, ['ben']);
    forget(first.stream);
    second.stream.hangUp();
    await told(first.stream, []);
  });

  it('names a person with two windows once, and never to themselves', async () => {
    const windows = [await open(ann), await open(ann)];
    const other = await open(ben);
    for (const { look } of [...windows, other]) await look(id);
    const { others } = await told(other.stream, ['ann']);
    expect(others).to.deep.equal([{ username: 'ann', name: 'ann' }]);
    await Promise.all(windows.map(({ stream }) => told(stream, ['ben'])));
    forget(other.stream);
    windows[0]!.stream.hangUp();
    await told(other.stream, ['ann']);
  });

  it('says nothing of a supervisor who only watches', async () => {
    const eve = await centre.person('eve', 'supervisor', { connected: false });
    const desk = await open(ann);
    await desk.look(id);
    await eve.connect(`?watch=${id}`);
    const atDesk = await open(eve);
    forget(desk.stream);
    await atDesk.look(id);
    await told(desk.stream, ['eve']);
    const names = desk.stream.events.flatMap(({ event, data }) => (event === 'looking' ? [(data as Told).others] : []));
    expect(names).to.deep.equal([[{ username: 'eve', name: 'eve' }]]);
  });

  it('asks for what reading asks for, and drops who may not read it any more', async () => {
    const [first, second] = [await open(ann), await open(ben)];
    await second.look(id);
    await ann.send('POST', `/interactions/${id}/take`);
    await first.look(id);
    await told(first.stream, []);
    expect(second.stream.events.filter(({ event }) => event === 'looking')).to.have.length(1);
    expect(refused(await second.look(id))).to.equal('403 forbidden');
    expect(refused(await first.look('nothing'))).to.equal('404 not_found');
    expect(refused(await ben.send('PUT', '/looking', { connection: first.connection, interaction: null }))).to.equal(
      '404 no_stream',
    );
    expect(refused(await centre.nobody.send('PUT', '/looking', { connection: 'x', interaction: null }))).to.equal(
      '401 not_signed_in',
    );
    expect(refused(await ann.send('PUT', '/looking', { interaction: id }))).to.equal('400 invalid_body');
  });
});
