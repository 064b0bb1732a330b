/** Priorities of the journal, the worst first, as journalctl -p takes them. */
export const LEVELS = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];
