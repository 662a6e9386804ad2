// @ts-check
// The page's script and style, each one file: src/html.ts puts them into every page. d3 is in the script, so that a page
// needs no network, and this package no d3.
import { readFileSync } from 'node:fs';
import { defineConfig } from 'rolldown';

const NOTICE =
  '/*! With d3-flame-graph (Apache-2.0, Martin Spier and contributors) and d3 (ISC, Mike Bostock). */';

export default defineConfig({
  input: { page: 'src/page/main.ts' },
  platform: 'browser',
  resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
  // d3-flame-graph brings a style of its own; the page has another.
  moduleTypes: { '.css': 'empty' },
  output: { dir: 'dist/page', format: 'iife', minify: true, postBanner: NOTICE },
  plugins: [
    {
      name: 'style',
      generateBundle() {
        const source = readFileSync('src/page/page.css', 'utf8');
        this.emitFile({ type: 'asset', fileName: 'page.css', source });
      },
    },
  ],
});
