import { join } from 'node:path';
import { expect } from 'chai';
import type { NodeAPI } from 'node-red';
import { readSettings } from '../../runtime/settings.ts';

describe('settings: where files are kept', () => {
  const places = (whatsappConnector: object, env: NodeJS.ProcessEnv = {}) => {
    const { media, incoming } = readSettings(
      { settings: { userDir: '/data', whatsappConnector } } as unknown as NodeAPI,
      env,
    );
    return [media, incoming];
  };

  it('beside the SQLite file, in a directory of one’s own, or in the database', () => {
    const beside = join('/data', 'whatsapp-connector', 'media');
    expect(places({})).to.deep.equal([beside, join(beside, 'incoming')]);
    expect(places({ database: '/db/x.db' })).to.deep.equal(['/db/media', '/db/media/incoming']);
    expect(places({ media: 'files' })).to.deep.equal(['/data/files', '/data/files/incoming']);
    expect(places({ media: '/a' }, { WHATSAPP_MEDIA: '/b' })).to.deep.equal(['/b', '/b/incoming']);
    expect(places({ media: 'database' })).to.deep.equal(['database', '/data/whatsapp-connector/incoming']);
  });
});
