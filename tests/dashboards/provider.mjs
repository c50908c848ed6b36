// An OpenID Connect provider on this machine, for tests: node provider.mjs NPM PORT CALLBACK
// Any password will do. POST /test/groups?account=NAME&groups=a,b changes somebody's groups.
const [npm, port, callback] = process.argv.slice(2);
const { default: Provider } = await import(`${npm}/node_modules/oidc-provider/lib/index.js`);
const issuer = `http://127.0.0.1:${port}`;
const groups = new Map();
const SHORT_SECONDS = 6;

const provider = new Provider(issuer, {
  clients: [{
    client_id: 'leadline', client_secret: 'a-secret-of-the-test', redirect_uris: [callback],
    post_logout_redirect_uris: [callback],
  }],
  claims: { openid: ['sub'], email: ['email'], profile: ['groups'] },
  conformIdTokenClaims: false,
  cookies: { keys: ['a key of the test'] },
  features: {
    devInteractions: { enabled: false },
    rpInitiatedLogout: {
      logoutSource(ctx, form) {
        ctx.body = `<body>${form}<script>document.forms[0].append(Object.assign(
          document.createElement('input'), {type: 'hidden', name: 'logout', value: 'yes'}));
          document.forms[0].submit()</script></body>`;
      },
    },
  },
  async findAccount(_ctx, id) {
    return {
      accountId: id,
      claims: async () => ({ sub: id, email: `${id}@example.com`, groups: groups.get(id) ?? [] }),
    };
  },
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope('openid email profile');
    await grant.save();
    return grant;
  },
  interactions: { url: (_ctx, one) => `/interaction/${one.uid}` },
  ttl: {
    AccessToken: 3600, Grant: 3600, Interaction: 600, Session: 3600,
    IdToken: (ctx) => (ctx.oidc.account?.accountId.startsWith('brief') ? SHORT_SECONDS : 3600),
  },
});

async function fields(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return new URLSearchParams(Buffer.concat(parts).toString());
}

provider.use(async (ctx, next) => {
  const url = new URL(ctx.url, issuer);
  if (url.pathname === '/test/groups') {
    const names = url.searchParams.get('groups');
    groups.set(url.searchParams.get('account'), names ? names.split(',') : []);
    ctx.body = 'ok';
  } else if (url.pathname.startsWith('/interaction/') && ctx.method === 'GET') {
    ctx.type = 'html';
    ctx.body = '<form method=post><input name=login><input name=password><button>Go</button></form>';
  } else if (url.pathname.startsWith('/interaction/')) {
    const accountId = (await fields(ctx.req)).get('login');
    ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, { login: { accountId } }));
  } else {
    await next();
  }
});
provider.listen(Number(port), '127.0.0.1', () => console.log('listening'));
