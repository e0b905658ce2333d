/** What tests against a real Node-RED need: the packed package in a fresh user directory, and the process. */
export {
  type FlowNode,
  freePort,
  type NodeRed,
  type NodeRedOptions,
  startNodeRed,
  type WaitOptions,
} from '../../scripts/demo/node-red-process.ts';
export {
  createUserDir,
  type Packed,
  packageName,
  packPackage,
  removeUserDir,
  type UserDirOptions,
} from './package.ts';
