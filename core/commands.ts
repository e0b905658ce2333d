import { accountError, accountStatus, knownAccounts, syncConfig } from './accounts.ts';
import { administration } from './administration/commands.ts';
import { agentRecord, createAgent, deleteAgent, listAgents, updateAgent } from './agent-admin.ts';
import type { CommandName, Commands } from './api.ts';
import { deleteInteractions, endDeletion } from './bulk/delete.ts';
import { exportRows, noteInteractionsExport } from './bulk/export.ts';
import { closeInteraction } from './closing.ts';
import { runtimeBeat, runtimeLeaves } from './cluster/commands.ts';
import { colleagues, transferTargets } from './colleagues.ts';
import { updateContact } from './contact-card.ts';
import type { Ctx } from './context.ts';
import { desk, interaction, messages } from './desk.ts';
import { cancelClosing, resumePresence, startClosing } from './disposing.ts';
import { eventsTaken, listenEvents, nextEvents } from './events/follow.ts';
import { auditLog } from './events/log.ts';
import { gauges } from './gauges.ts';
import { markRead, release, releaseAgentBy, setTab, take } from './handling.ts';
import { handed } from './handover.ts';
import { earlier } from './history.ts';
import { ingest } from './ingest.ts';
import { listedUntil, missing, noteListed } from './listed.ts';
import { claimMedia, finishMedia, retryMedia } from './media/fetch.ts';
import {
  dropFiles,
  dropPieces,
  hasPieces,
  mediaSecret,
  noteFile,
  piece,
  putPiece,
  unusedFiles,
} from './media/files.ts';
import { mediaFile } from './media/read.ts';
import { mayAttach, sendFile } from './media/send.ts';
import { addNote } from './notes.ts';
import { notify } from './notify.ts';
import { finishLookUp, finishOutgoing, sending } from './outcome.ts';
import { claimOutgoing, message, sendMessage } from './outgoing.ts';
import { enterAgent, enterQueue, enterRoute } from './plan/enter.ts';
import { queueSend, queueSendTo, sentBefore } from './plan/send.ts';
import { steerAssign, steerClose, steerList, steerPriority, steerUnassign } from './plan/steer.ts';
import { connect, disconnect, heartbeat, leave, setPresence } from './presence.ts';
import { outcomes, realtime } from './reports/realtime.ts';
import { report } from './reports/report.ts';
import { acceptOffer, rejectOffer } from './routing/answer.ts';
import { match } from './routing/match.ts';
import { releaseAgent, withdrawFromQueues } from './routing/members.ts';
import { transfer } from './routing/transfer.ts';
import { indexMessages } from './search/messages.ts';
import { createSearch, deleteSearch, listSearches, updateSearch } from './search/saved.ts';
import { findAll, search } from './search/search.ts';
import { closeSession, findSession, openSession } from './sessions.ts';
import { typing } from './signs.ts';
import { snooze } from './snooze.ts';
import { startInteraction } from './starting.ts';
import { forcePresence, noteTranscript, reassign, spy } from './supervising/supervise.ts';
import { setTags } from './tags.ts';
import { storeTemplates, templates } from './templates.ts';
import { hold, park, resume, waitingByNode } from './timers.ts';
import { claimLookUps } from './unclear.ts';
import { cleanUp } from './upkeep/clean-up.ts';
import { eraseContact } from './upkeep/erase.ts';
import { exportContact, exportInteraction, noteExport } from './upkeep/export.ts';
import { released, watch } from './watches.ts';

type Implementations = { [K in CommandName]: (ctx: Ctx, input: Commands[K][0]) => Promise<Commands[K][1]> };

const implementations: Implementations = {
  syncConfig,
  hold,
  park,
  resume,
  knownAccounts,
  accountStatus,
  accountError,
  listedUntil,
  noteListed,
  missing,
  ingest,
  handed,
  enterRoute,
  enterQueue,
  enterAgent,
  watch,
  released,
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
  earlier,
  transferTargets,
  colleagues,
  updateContact,
  startInteraction,
  setTab,
  markRead,
  typing,
  snooze,
  startClosing,
  cancelClosing,
  closeInteraction,
  search,
  listSearches,
  createSearch,
  updateSearch,
  deleteSearch,
  indexMessages,
  addNote,
  setTags,
  steerAssign,
  steerUnassign,
  steerClose,
  steerList,
  steerPriority,
  notify,
  sendMessage,
  storeTemplates,
  templates,
  queueSend,
  queueSendTo,
  sentBefore,
  message,
  claimOutgoing,
  finishOutgoing,
  sending,
  claimLookUps,
  finishLookUp,
  listenEvents,
  nextEvents,
  eventsTaken,
  auditLog,
  cleanUp,
  eraseContact,
  noteExport,
  exportContact,
  exportInteraction,
  findAll,
  exportRows,
  noteInteractionsExport,
  deleteInteractions,
  endDeletion,
  spy,
  reassign,
  forcePresence,
  noteTranscript,
  realtime,
  outcomes,
  report,
  claimMedia,
  finishMedia,
  retryMedia,
  mediaFile,
  noteFile,
  unusedFiles,
  dropFiles,
  putPiece,
  piece,
  hasPieces,
  dropPieces,
  mediaSecret,
  mayAttach,
  sendFile,
  ...administration,
  gauges,
  runtimeBeat,
  runtimeLeaves,
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
