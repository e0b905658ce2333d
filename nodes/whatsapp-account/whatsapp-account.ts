import type { Node, NodeAPI, NodeDef } from 'node-red';
import { connector } from '../../runtime/connector.ts';
import { readSettings } from '../../runtime/settings.ts';
import { migrate, type WhatsappAccountCredentials } from './config.ts';

type AccountNode = Node<WhatsappAccountCredentials>;

/** A WhatsApp number at a provider. Holds no state: the connector does. */
export default function (RED: NodeAPI): void {
  const shared = connector(RED);

  function WhatsappAccount(this: AccountNode, def: NodeDef): void {
    RED.nodes.createNode(this, def);
    const { domain, description: _, appId, baseUrl, ...config } = migrate(def);
    const { accountSid = '', authToken = '', webhookSecret, verifyToken } = this.credentials ?? {};
    const remove = shared.addAccount({
      nodeId: this.id,
      domain,
      config: { nodeId: this.id, ...config },
      provider: {
        provider: config.provider,
        phone: config.phone,
        baseUrl,
        appId,
        accountSid,
        authToken,
        webhookSecret,
        verifyToken,
      },
    });
    this.on('close', (done: () => void) => {
      const end = () => {
        remove();
        done();
      };
      // A process that ends finishes first what it holds.
      const left = shared.left();
      if (left === null) end();
      else void left.then(end);
    });
  }

  RED.nodes.registerType<AccountNode, NodeDef, { whatsappAccountPublicUrl: string }, WhatsappAccountCredentials>(
    'whatsapp-account',
    WhatsappAccount as never,
    {
      credentials: {
        accountSid: { type: 'text' },
        authToken: { type: 'password' },
        webhookSecret: { type: 'password' },
        verifyToken: { type: 'text' },
      },
      // The dialog of a new account proposes it as the domain.
      settings: { whatsappAccountPublicUrl: { value: publicUrl(RED), exportable: true } },
    },
  );
}

/** The configured public URL; '' if there is none or the settings cannot be used, which the connector reports. */
function publicUrl(RED: NodeAPI): string {
  try {
    return readSettings(RED).publicUrl;
  } catch {
    return '';
  }
}
