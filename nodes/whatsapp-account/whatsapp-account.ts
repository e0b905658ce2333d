import type { Node, NodeAPI, NodeDef } from 'node-red';
import { connector } from '../../runtime/connector.ts';
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
      provider: { provider: config.provider, phone: config.phone, baseUrl, appId, accountSid, authToken, webhookSecret, verifyToken },
    });
    this.on('close', (done: () => void) => {
      remove();
      done();
    });
  }

  RED.nodes.registerType<AccountNode, NodeDef, never, WhatsappAccountCredentials>('whatsapp-account', WhatsappAccount as never, {
    credentials: {
      accountSid: { type: 'text' },
      authToken: { type: 'password' },
      webhookSecret: { type: 'password' },
      verifyToken: { type: 'text' },
    },
  });
}
