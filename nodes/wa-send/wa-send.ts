import type { Node, NodeAPI, NodeDef } from 'node-red';
import { CoreError, type Queued } from '../../core/api.ts';
import { type Connector, connector } from '../../runtime/connector.ts';
import { sendError } from '../../runtime/delivery.ts';
import { onInput } from '../../runtime/input.ts';
import { type PlanMessage, planOf } from '../../runtime/message.ts';
import { migrate, type WaSendConfig } from './config.ts';
import { checkMode, contentOf, filler, mediaContent, recipientOf } from './content.ts';

/** Sends to the customer, or to an address. 1 sent: `msg.whatsapp.message` is the outgoing one. */
export default function (RED: NodeAPI): void {
  const shared = connector(RED);

  function WaSend(this: Node, def: NodeDef): void {
    RED.nodes.createNode(this, def);
    const config = migrate(def);
    let sending = 0;
    const show = () => this.status(sending > 0 ? { fill: 'blue', shape: 'dot', text: `sending ${sending}` } : {});
    onInput(this, async (received, send) => {
      const msg = received as unknown as PlanMessage;
      const queued = await queue(shared, this.id, config, msg);
      const id = queued.message.id;
      sending++;
      show();
      try {
        // In their order, in which they are sent.
        for (const part of [id, ...queued.parts]) await sent(shared, part);
      } finally {
        sending--;
      }
      const {
        version: _,
        interactionId: __,
        author: ___,
        ...message
      } = await shared.engine.run('message', { message: id });
      // A message that is about a conversation stays so, also if somebody else was written to.
      if (msg.whatsapp?.interaction) msg.whatsapp.message = message;
      else msg.whatsapp = { ...queued.context, message };
      this.status({
        fill: queued.repeated ? 'grey' : 'green',
        shape: 'dot',
        text: queued.repeated ? 'sent before' : 'sent',
      });
      send(msg);
    });
  }

  RED.nodes.registerType('wa-send', WaSend);
}

/** Resolves when a message is sent; rejects with the reason if it was not, or if that is not known. */
async function sent({ engine, delivery }: Connector, id: string): Promise<void> {
  // First listen, then look: the outcome may have come in between.
  const { done, cancel } = delivery.sent(id);
  try {
    const now = await engine.run('sending', { message: id });
    const { status, error } = now.pending ? await done : now;
    const failed = sendError({ status, error });
    if (failed) throw failed;
  } finally {
    cancel();
  }
}

/**
 * Queues what the node sends for this message.
 * @throws CoreError `other_account`, `account_required`, `account_missing`, and those of the content and the engine
 */
async function queue(
  { engine, accounts, templates, media }: Connector,
  node: string,
  config: WaSendConfig,
  msg: PlanMessage,
): Promise<Queued> {
  const fill = filler(msg);
  // A file is fetched only when everything else is right.
  const free = config.mode === 'media' ? null : contentOf(config, fill);
  const own = msg.whatsapp?.account?.id;
  const chosen = config.account ? accounts.idOf(config.account) : own;
  checkMode(config.mode, typeof chosen === 'string' ? accounts.known(chosen)?.webhook.provider : undefined);
  if (!config.to && config.account && chosen !== own)
    throw new CoreError(
      'other_account',
      400,
      'An interaction is answered by its own account; choose that one, or leave the account empty.',
    );
  const once = config.times === 'once';
  const contents = async (position: ReturnType<typeof planOf> | null, address: string | null) =>
    free ??
    mediaContent(config, fill, {
      bring: (url, text) => media.bring(String(chosen), url, text),
      sentBefore: async (same) =>
        position !== null && engine.run('sentBefore', { node, once, same, ...position, address }),
    });
  if (!config.to) {
    const plan = planOf(msg);
    const said = await contents(plan, null);
    return templates.using(
      () => own ?? null,
      () => engine.run('queueSend', { node, ...said, once, ...plan }),
    );
  }
  const address = recipientOf(fill(config.to));
  if (typeof chosen !== 'string' || chosen === '') {
    if (config.account) throw new CoreError('account_missing', 409, 'The account of this node is not deployed.');
    throw new CoreError(
      'account_required',
      400,
      'To write to an address the node needs an account, or a message that comes from one.',
    );
  }
  const origin = originOf(msg);
  const said = await contents(origin, address);
  return templates.using(
    () => chosen,
    () => engine.run('queueSendTo', { node, ...said, once, account: chosen, address, origin }),
  );
}

/** The plan position of a message, null if it comes from none: an inject node, for example. */
function originOf(msg: PlanMessage): ReturnType<typeof planOf> | null {
  return msg.whatsapp?.interaction && msg.whatsapp.plan ? planOf(msg) : null;
}
