/** Of a component whose process is not looked for. */
export const NO_PROCESS = {
  pid: null,
  startedAt: null,
  isSameUser: false,
  processArguments: [],
  pod: null,
  version: null,
  delaysShutdown: false,
  health: null,
};
