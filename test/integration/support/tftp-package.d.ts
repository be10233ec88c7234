declare module 'tftp' {
  interface Client {
    get(remote: string, local: string, options: object, done: (error?: Error) => void): void;
  }
  export function createClient(options: {
    host: string;
    port: number;
    blockSize?: number;
    windowSize?: number;
  }): Client;
}
