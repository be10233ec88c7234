import { expect } from 'chai';
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { useFakeTimers, type SinonFakeTimers } from 'sinon';
import { createTemplates } from '../../../src/template/catalog.js';
import { sampleContext, TemplateFolder } from './template-folder.js';

describe('a look at the files of templates', () => {
  let clock: SinonFakeTimers;
  let folder: TemplateFolder;
  beforeEach(() => {
    clock = useFakeTimers({ toFake: ['performance'] });
    folder = new TemplateFolder({ 'a.txt': '1{% include "s.txt" %}', 'snippets/s.txt': 'one' });
  });
  afterEach(() => {
    clock.restore();
    folder.remove();
  });

  const templates = (freshMs: number) =>
    createTemplates({ templatesDir: folder.folder, snippetsDir: join(folder.folder, 'snippets') }, freshMs);

  it('holds as long as is said, for templates and snippets alike', () => {
    const { render } = templates(100);
    const text = () => render('a.txt', sampleContext());
    expect(text()).to.equal('1one');
    folder.write('a.txt', '22{% include "s.txt" %}');
    folder.write('snippets/s.txt', 'two!');
    clock.tick(99);
    expect(text()).to.equal('1one');
    clock.tick(1);
    expect(text()).to.equal('22two!');
  });

  it('finds a template that takes the place of a snippet, and one that is gone', () => {
    const { render } = templates(100);
    const text = () => render('s.txt', sampleContext());
    expect(text()).to.equal('one');
    folder.write('s.txt', 'its own');
    clock.tick(100);
    expect(text()).to.equal('its own');
    folder.remove();
    expect(text()).to.equal('its own');
    clock.tick(100);
    expect(text).to.throw('s.txt: is missing');
  });

  it('holds for no file that was not there', () => {
    const { render } = templates(100);
    expect(() => render('b.txt', sampleContext())).to.throw('b.txt: is missing');
    folder.write('b.txt', 'b');
    expect(render('b.txt', sampleContext())).to.equal('b');
  });

  it('is taken each time where nothing is said', () => {
    const { render } = templates(0);
    expect(render('s.txt', sampleContext())).to.equal('one');
    folder.write('snippets/s.txt', 'two');
    utimesSync(join(folder.folder, 'snippets/s.txt'), 1, 2);
    expect(render('s.txt', sampleContext())).to.equal('two');
  });
});
