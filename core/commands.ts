import { accountError, accountStatus, knownAccounts, syncConfig } from './accounts.ts';
import { agentRecord, createAgent, deleteAgent, listAgents, updateAgent } from './agent-admin.ts';
import type { CommandName, Commands } from './api.ts';
import { closeInteraction } from './closing.ts';
import type { Ctx } from './context.ts';
import { desk, interaction, messages } from './desk.ts';
import { cancelClosing, resumePresence, startClosing } from './disposing.ts';
import { markRead, release, releaseAgentBy, setTab, take } from './handling.ts';
import { handed, ingest } from './ingest.ts';
import { addNote } from './notes.ts';
import { claimOutgoing, finishOutgoing, message, queueSend, sendMessage } from './outgoing.ts';
import { enterAgent, enterQueue, enterRoute } from './plan/enter.ts';
import { connect, disconnect, heartbeat, leave, setPresence } from './presence.ts';
import { acceptOffer, rejectOffer } from './routing/answer.ts';
import { match } from './routing/match.ts';
import { releaseAgent, withdrawFromQueues } from './routing/members.ts';
import { transfer } from './routing/transfer.ts';
import { closeSession, findSession, openSession } from './sessions.ts';
import { snooze } from './snooze.ts';
import { setTags } from './tags.ts';
import { resume, waitingByNode } from './timers.ts';

type Implementations = { [K in CommandName]: (ctx: Ctx, input: Commands[K][0]) => Promise<Commands[K][1]> };

const implementations: Implementations = {
  syncConfig,
  resume,
  knownAccounts,
  accountStatus,
  accountError,
  ingest,
  handed,
  enterRoute,
  enterQueue,
  enterAgent,
  waitingByNode,
  createAgent,
  updateAgent,
  deleteAgent,
  listAgents,
  agentRecord,
  openSession,
  findSession,
  closeSession,
  connect,
  disconnect,
  heartbeat,
  setPresence,
  leave,
  desk,
  acceptOffer,
  rejectOffer,
  take,
  release,
  releaseAgent: releaseAgentBy,
  transfer,
  interaction,
  messages,
  setTab,
  markRead,
  snooze,
  startClosing,
  cancelClosing,
  closeInteraction,
  addNote,
  setTags,
  sendMessage,
  queueSend,
  message,
  claimOutgoing,
  finishOutgoing,
  health: async () => ({ ok: true }),
};

/** Runs a command and then gives what it freed to who waits, all in the caller's transaction. */
export async function execute(ctx: Ctx, name: CommandName, input: unknown): Promise<unknown> {
  const result = await (implementations[name] as (ctx: Ctx, input: unknown) => Promise<unknown>)(ctx, input);
  await settle(ctx);
  return result;
}

/** Takes back what agents who left had, ends pauses of who has disposed, and matches those who became free until nothing changes any more. */
export async function settle(ctx: Ctx): Promise<void> {
  for (const [username, how] of ctx.left) await (how === 'gone' ? releaseAgent : withdrawFromQueues)(ctx, username);
  ctx.left.clear();
  for (const username of ctx.disposed) await resumePresence(ctx, username);
  ctx.disposed.clear();
  await match(ctx);
}
