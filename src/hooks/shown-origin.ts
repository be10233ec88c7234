/** For logs: the path of a webhook often is its secret. */
export function shownOrigin(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : 'a webhook';
}
