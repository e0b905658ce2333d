/** Who only watches on the supervisor's screens: there, but not rung. */
import { expect } from 'chai';
import { openCentre, type Person, refused, type TestCentre } from './centre.ts';

describe('the supervisor’s screens and presence', () => {
  let centre: TestCentre;
  let sofia: Person;

  beforeEach(async () => {
    centre = await openCentre();
    sofia = await centre.person('sofia', 'supervisor', { connected: false });
  });
  afterEach(() => centre.close());

  const presence = async () => {
    const { state, pause } = (await sofia.desk()).presence;
    return pause === null ? state : `${state} ${pause}`;
  };
  it('without a desk it is a pause, and events come all the same', async () => {
    const stream = await sofia.connect('?screen=supervisor');
    expect(await presence()).to.equal('paused Supervising');
    const id = await centre.write();
    const { interactionId } = await stream.until<{ interactionId: string }>('message');
    expect(interactionId).to.equal(id);
  });

  it('a desk that opens ends the pause, and its end brings it back', async () => {
    const stream = await sofia.connect('?screen=supervisor');
    const desk = await sofia.connect();
    expect(await presence()).to.equal('available');
    stream.events.length = 0;
    desk.hangUp();
    await stream.until<{ state: string }>('presence', ({ state }) => state === 'paused');
    expect(await presence()).to.equal('paused Supervising');
  });

  it('screens that open beside a desk change nothing, and another pause stays whatever opens and ends', async () => {
    const desk = await sofia.connect('?screen=desk');
    await sofia.connect('?screen=supervisor');
    expect(await presence()).to.equal('available');
    await sofia.send('PUT', '/presence', { state: 'paused', pause: 'Lunch' });
    desk.hangUp();
    await sofia.connect('?screen=supervisor');
    expect(await presence()).to.equal('paused Lunch');
  });

  it('other screens are refused', async () => {
    expect(refused(await sofia.send('GET', '/events?screen=phone'))).to.equal('400 invalid_query');
  });
});
