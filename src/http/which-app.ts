const OPERATOR_PATHS = /^\/(admin|api|health|ready|metrics|openapi\.json)(\/|\?|$)/;
const MACHINE_CALLBACKS = /^\/admin\/host\/[^/]*\/(set_installed|boot_complete)(\?|$)/;

/** Whose call it is where machines and operators share a port. */
export function whichApp(url: string): 'machine' | 'operator' {
  return OPERATOR_PATHS.test(url) && !MACHINE_CALLBACKS.test(url) ? 'operator' : 'machine';
}
