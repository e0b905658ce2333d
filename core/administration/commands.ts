import type { Commands } from '../api.ts';
import type { Ctx } from '../context.ts';
import { accountOverview, listAccounts, listQueues, setCannedAnswers } from './accounts.ts';
import { addAgent, agentOverview, changeAgent, listAgentOverviews, removeAgent } from './agents.ts';
import type { AdministrationCommands } from './api.ts';
import { calendar, createCalendar, deleteCalendar, listCalendars, updateCalendar } from './calendars.ts';
import { createCannedAnswer, deleteCannedAnswer, listCannedAnswers, updateCannedAnswer } from './canned-answers.ts';
import {
  checkContacts,
  contactOverview,
  createContact,
  importContacts,
  listContacts,
  mergeContacts,
  noteContactsExport,
} from './contacts.ts';
import { checkAgents, importAgents } from './import-agents.ts';
import { setMembers } from './members.ts';
import { createList, createTag, deleteList, deleteTag, listLists, listTags, updateList, updateTag } from './named.ts';
import { createPause, deletePause, listPauses, updatePause } from './pauses.ts';

type Implementations = {
  [K in keyof AdministrationCommands]: (ctx: Ctx, input: Commands[K][0]) => Promise<Commands[K][1]>;
};

export const administration: Implementations = {
  listPauses,
  createPause,
  updatePause,
  deletePause,
  listCannedAnswers,
  createCannedAnswer,
  updateCannedAnswer,
  deleteCannedAnswer,
  listCalendars,
  createCalendar,
  updateCalendar,
  deleteCalendar,
  calendar,
  listTags,
  createTag,
  updateTag,
  deleteTag,
  listLists,
  createList,
  updateList,
  deleteList,
  listAccounts,
  accountOverview,
  listQueues,
  setMembers,
  setCannedAnswers,
  listAgentOverviews,
  agentOverview,
  addAgent,
  changeAgent,
  removeAgent,
  checkAgents,
  importAgents,
  listContacts,
  contactOverview,
  createContact,
  mergeContacts,
  checkContacts,
  importContacts,
  noteContactsExport,
};
