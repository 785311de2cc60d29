/** The parser of yargs without what reads configuration files, which Node would load `node:module` for. */
declare module 'yargs-parser/browser' {
  import parser from 'yargs-parser';

  export default parser;
}
