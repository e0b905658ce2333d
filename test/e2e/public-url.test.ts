/** What the editor proposes as the domain of a new account. */
import { expect } from 'chai';
import { createUserDir, type NodeRedOptions, removeUserDir, startNodeRed } from '../support/node-red.ts';

describe('the public URL in the editor', function () {
  this.timeout(60_000);

  const proposed = async (options: Partial<NodeRedOptions>): Promise<unknown> => {
    const userDir = await createUserDir();
    try {
      const red = await startNodeRed({ userDir, flows: [], ...options });
      const settings = (await (await red.admin('/settings')).json()) as Record<string, unknown>;
      await red.stop();
      return settings.whatsappAccountPublicUrl;
    } finally {
      await removeUserDir(userDir);
    }
  };

  it('comes from settings.js, or from the environment, which wins', async () => {
    const settings = { whatsappConnector: { publicUrl: 'https://calls.example/' } };
    expect(await proposed({ settings })).to.equal('https://calls.example');
    const env = { WHATSAPP_PUBLIC_URL: 'https://proxy.example' };
    expect(await proposed({ settings, env })).to.equal('https://proxy.example');
  });

  it('is empty if there is none, or if it cannot be used', async () => {
    expect(await proposed({ settings: { whatsappConnector: { publicUrl: 'calls.example' } } })).to.equal('');
  });
});
