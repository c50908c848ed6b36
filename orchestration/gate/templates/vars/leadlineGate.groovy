// Step of a shared library for Jenkins. Put it into vars/ and call it before a deployment:
//
//   leadlineGate(service: 'checkout', digest: env.IMAGE_DIGEST)
//
// The agent has Leadline on its path and the published build in LEADLINE_HOME. The build fails unless
// the gate is open: 1 shut, 2 wrong use, 3 too little is known, 4 source data is stale.
def call(Map asked) {
    def settings = [environment: 'production', dryRun: false, leadline: 'leadline'] + asked
    int code = 1
    withEnv([
        "GATE_SERVICE=${settings.service}",
        "GATE_DIGEST=${settings.digest}",
        "GATE_ENVIRONMENT=${settings.environment}",
        "GATE_DRY_RUN=${settings.dryRun}",
        "GATE_LEADLINE=${settings.leadline}",
    ]) {
        code = sh(label: 'Leadline gate', returnStatus: true, script: '''
            rm -f leadline-gate.*
            set -- --service "$GATE_SERVICE" --digest "$GATE_DIGEST" --to "$GATE_ENVIRONMENT"
            if [ "$GATE_DRY_RUN" = "true" ]; then set -- "$@" --dry-run; fi
            "$GATE_LEADLINE" gate "$@" --by "${BUILD_USER_ID:-jenkins}" --format table \\
                --report junit=leadline-gate.xml --report markdown=leadline-gate.md
        ''')
        junit(testResults: 'leadline-gate.xml', allowEmptyResults: true, skipPublishingChecks: true)
        archiveArtifacts(artifacts: 'leadline-gate.md', allowEmptyArchive: true)
    }
    if (code != 0) {
        error("The gate did not open for ${settings.service} (exit code ${code}).")
    }
}
