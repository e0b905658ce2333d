import type { AccountConfig } from '../../core/api.ts';

/** The account of the benchmarks that speak to the core, without a provider. Everybody answers it. */
export const ACCOUNT: AccountConfig = {
  nodeId: 'account',
  provider: 'twilio',
  phone: '+12025550100',
  key: 'BENCH',
  name: 'Bench',
  color: '',
  list: 'Default',
  waitForAgent: 10,
  waitForQueue: 10,
  sound: true,
  shake: true,
  template: '',
  mandatoryDisposition: false,
  dispositionPause: 'Disposition',
  dispositions: [],
  cannedAnswers: [],
  agents: ['*'],
  reopenMinutes: 0,
  autoCloseHours: 0,
  transferToAgent: true,
  transferToQueue: true,
  transferToAgentTimeout: 30,
  transferToQueueTimeout: 30,
};
