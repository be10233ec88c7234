/** What of a logger is needed; pino's fits. */
export interface DhcpLog {
  isLevelEnabled(level: string): boolean;
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}
