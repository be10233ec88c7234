import type { Token } from './token.js';
import { unquote } from './literals.js';
import { PipelineParser } from './pipeline-parser.js';
import { quote } from './quote.js';
import type { Body, Choice, Loop, Node, Pipeline, TemplateCall } from './syntax-tree.js';

type Ending = { readonly kind: 'end' } | { readonly kind: 'else' };
type Context = 'if' | 'with' | 'range';

/** Reads one template; each `define` and `block` within has a reader of its own. */
export class Parser extends PipelineParser {
  /** Loops around what is being read. */
  private loops = 0;

  parse(): void {
    const body: Node[] = [];
    while (this.tokens.peek().kind !== 'eof') {
      if (this.tokens.peek().kind === 'left') {
        const left = this.tokens.next();
        if (this.tokens.nextNonSpace().kind === 'define') {
          new Parser(this.shared).parseDefinition();
          continue;
        }
        this.tokens.backTo(left);
      }
      const node = this.textOrAction();
      if (node.kind === 'end' || node.kind === 'else') this.fail(`unexpected {{${node.kind}}}`);
      body.push(node);
    }
    this.add(this.shared.name, body);
  }

  private parseDefinition(): void {
    const context = 'define clause';
    const name = this.stringOf(this.tokens.nextNonSpace(), context);
    this.expect('right', context);
    this.parseNamed(name, context, this);
  }

  /** The rest of a `define` or `block`. @param blamed whose line an error of its end has */
  private parseNamed(name: string, context: string, blamed: Parser): void {
    const [body, end] = this.list();
    if (end.kind !== 'end') blamed.fail(`unexpected {{${end.kind}}} in ${context}`);
    this.add(name, body);
  }

  private add(name: string, body: Body): void {
    const { definitions } = this.shared;
    const known = definitions.get(name);
    if (known === undefined || isBlank(known.body)) definitions.set(name, { name, body });
    else if (!isBlank(body)) this.fail(`template: multiple definition of template ${quote(name)}`);
  }

  private list(): [Body, Ending] {
    this.enter();
    const body: Node[] = [];
    while (this.tokens.peekNonSpace().kind !== 'eof') {
      const node = this.textOrAction();
      if (node.kind === 'end' || node.kind === 'else') {
        this.shared.depth -= 1;
        return [body, node];
      }
      body.push(node);
    }
    return this.fail('unexpected EOF');
  }

  private textOrAction(): Node | Ending {
    const token = this.tokens.nextNonSpace();
    if (token.kind === 'text') return { kind: 'text', text: token.text };
    if (token.kind !== 'left') return this.unexpected(token, 'input');
    this.actionLine = token.line;
    const node = this.action();
    this.actionLine = 0;
    return node;
  }

  private action(): Node | Ending {
    const { kind } = this.tokens.nextNonSpace();
    if (kind === 'block') return this.block();
    if (kind === 'template') return this.templateCall();
    if (kind === 'break' || kind === 'continue') return this.leaveLoop(kind);
    if (kind === 'if' || kind === 'with' || kind === 'range') return this.control(kind);
    if (kind === 'end' || kind === 'else') {
      // After `else` an `if` or `with` may follow, which is read as if it stood in braces of its own.
      const next = kind === 'else' ? this.tokens.peekNonSpace().kind : undefined;
      if (next !== 'if' && next !== 'with') this.expect('right', kind);
      return { kind };
    }
    this.tokens.back();
    const { place } = this.tokens.peek();
    return { kind: 'action', place, pipeline: this.pipeline('command', 'right') };
  }

  private leaveLoop(kind: 'break' | 'continue'): Node {
    const token = this.tokens.nextNonSpace();
    if (token.kind !== 'right') this.unexpected(token, `{{${kind}}}`);
    if (this.loops === 0) this.fail(`{{${kind}}} outside {{range}}`);
    return { kind };
  }

  /** `if`, `with` and `range`; a chain of `else if` is one node, however long it is. */
  private control(context: Context): Choice | Loop {
    const scope = this.variables.length;
    const { place } = this.tokens.peekNonSpace();
    const clauses: { pipeline: Pipeline; body: Body }[] = [];
    let otherwise: Body | undefined;
    for (let goesOn = true; goesOn;) {
      const pipeline = this.pipeline(context, 'right');
      this.loops += context === 'range' ? 1 : 0;
      const [body, end] = this.list();
      this.loops -= context === 'range' ? 1 : 0;
      clauses.push({ pipeline, body });
      goesOn = end.kind === 'else' && context !== 'range' && this.tokens.peek().kind === context;
      if (goesOn) this.tokens.next();
      else if (end.kind === 'else') {
        const [last, lastEnd] = this.list();
        if (lastEnd.kind !== 'end') this.fail(`expected end; found {{${lastEnd.kind}}}`);
        otherwise = last;
      }
    }
    this.variables.length = scope;
    const [first] = clauses;
    if (context === 'range' && first) return { kind: context, place, ...first, otherwise };
    return { kind: context === 'with' ? 'with' : 'if', place, clauses, otherwise };
  }

  private block(): TemplateCall {
    const context = 'block clause';
    const token = this.tokens.nextNonSpace();
    const name = this.stringOf(token, context);
    const pipeline = this.pipeline(context, 'right');
    new Parser(this.shared).parseNamed(name, context, this);
    return { kind: 'template', place: token.place, name, pipeline };
  }

  private templateCall(): TemplateCall {
    const context = 'template clause';
    const token = this.tokens.nextNonSpace();
    const name = this.stringOf(token, context);
    if (this.tokens.nextNonSpace().kind === 'right') {
      return { kind: 'template', place: token.place, name, pipeline: undefined };
    }
    this.tokens.back();
    return { kind: 'template', place: token.place, name, pipeline: this.pipeline(context, 'right') };
  }

  private stringOf(token: Token, context: string): string {
    if (token.kind !== 'string' && token.kind !== 'raw') return this.unexpected(token, context);
    return unquote(token.text) ?? this.fail('invalid syntax');
  }
}

/** Whether there is nothing but space. */
function isBlank(body: Body): boolean {
  return body.every(
    (node) =>
      node.kind === 'text' &&
      !/[^\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/.test(node.text),
  );
}
