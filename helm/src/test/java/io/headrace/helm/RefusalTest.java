package io.headrace.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.marcnuri.helm.Helm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Values that cannot work are refused before anything is installed, with a sentence that names
 * them.
 */
class RefusalTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          comandService: {replicas: 3}                        | additional properties 'comandService' not allowed
          outboxRelay: {replica: 3}                           | /outboxRelay
          outboxRelay: {replicas: 0}                          | minimum: got 0, want 1
          outboxRelay: {replicas: two}                        | got string, want integer
          outboxRelay: {terminationGracePeriodSeconds: 5}     | /outboxRelay/terminationGracePeriodSeconds
          outboxRelay: {resources: {limits: {memory: lots}}}  | /outboxRelay/resources/limits/memory
          outboxRelay: {env: {PASSWORD: x}}                   | PASSWORD
          postgresql: {commands: {port: 99999}}               | /postgresql/commands/port
          postgresql: {commands: {password: geheim}}          | additional properties 'password' not allowed
          kafka: {bootstrapServers: kafka}                    | /kafka/bootstrapServers
          kafka: {security: {protocol: TLS}}                  | value must be one of 'PLAINTEXT'
          contexts: []                                        | /contexts
          contexts: [Ordering]                                | /contexts/0
          image: {pullPolicy: Sometimes}                      | value must be one of 'Always'
          commandService: {image: {digest: latest}}           | /commandService/image/digest
          postgresql: {views: {tls: {mode: prefer}}}          | value must be one of 'disable'
          serviceMesh: consul                                 | value must be one of 'none'
          gateway: {envoy: {allowedIPs: [everybody]}}         | /gateway/envoy/allowedIPs/0
          commandServices: {Orders: {contexts: [ordering]}}   | 'Orders'
          commandServices: {orders: {replicas: 1}}            | missing property 'contexts'
          commandServices: {orders: {contexts: []}}           | /commandServices/orders/contexts
          commandServices: {orders: {contexts: [ordering], enabled: true}} | additional properties 'enabled' not allowed
          commandServices: {orders: {contexts: [ordering], database: {slot: A-b}}} | /commandServices/orders/database/slot
          """)
  void the_schema_refuses_and_says_where(String values, String sentence) {
    assertThatThrownBy(() -> Chart.render("existing", values))
        .hasMessageContaining("schema")
        .hasMessageContaining(sentence);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          contexts: [ordering, payment, ordering]             | The context 'ordering' is named twice in 'contexts'.
          postgresql: {commands: {host: ''}}                  | No PostgreSQL for the commands: set 'postgresql.commands.host'
          postgresql: {views: {host: ''}}                     | No PostgreSQL for the views: set 'postgresql.views.host'
          postgresql: {commands: {relay: {secret: ''}}}       | No Secret with the password of the role 'headrace_relay': create one and name it in 'postgresql.commands.relay.secret'.
          postgresql: {views: {reader: {secret: ''}}}         | 'postgresql.views.reader.secret'
          kafka: {bootstrapServers: ''}                       | No Kafka: set 'kafka.bootstrapServers'
          kafka: {security: {protocol: SASL_SSL}}             | No Secret with the Kafka login of the command-service: 'kafka.security.protocol' is SASL_SSL, so name one in 'kafka.security.secrets.commandService'.
          kafka: {topics: {minInsyncReplicas: 4}}             | 'kafka.topics.minInsyncReplicas' is 4, above 'kafka.topics.replicationFactor', 3
          kafka: {bootstrapServers: '', strimzi: {enabled: true, brokers: 1}} | 'kafka.topics.replicationFactor' is 3, but 'kafka.strimzi.brokers' only 1.
          queryService: {autoscaling: {minReplicas: 9}}       | 'queryService.autoscaling.minReplicas' is 9, above its 'maxReplicas', 6.
          projectionWorker: {keda: {enabled: true, maxReplicas: 7}} | 'projectionWorker.keda.maxReplicas' is 7, but a topic has 6 partitions
          gateway: {enabled: true}                            | name it in 'gateway.parentRefs'
          gateway: {enabled: true, parentRefs: [{name: g}], queryPaths: [/ordering]} | 'gateway.queryPaths' has /ordering, where the commands of the context 'ordering' are.
          gateway: {enabled: true, parentRefs: [{name: g}], canary: {enabled: true}} | set 'gateway.canary.tag'
          gateway: {canary: {enabled: true, tag: next}}       | 'gateway.canary.enabled' needs 'gateway.enabled'
          gateway: {enabled: true, parentRefs: [{name: g}], envoy: {jwt: {enabled: true}}} | 'gateway.envoy.jwt.providers'
          postgresql: {views: {tls: {mode: verify-full}}}     | 'postgresql.views.tls.mode' is verify-full, so name the Secret with the certificate of the server's authority in 'postgresql.views.tls.ca.secret'.
          commandService: {enabled: false}                    | name the command service of another release in 'projectionWorker.commandUrl'.
          tracing: {enabled: true}                            | set 'tracing.endpoint'
          postgresql: {cloudnativepg: {enabled: true}}        | 'postgresql.commands.host' is pg.databases, but 'postgresql.cloudnativepg.enabled' makes a server of the release's own: leave out one of them.
          kafka: {strimzi: {enabled: true}}                   | 'kafka.bootstrapServers' is kafka.kafka:9092, but 'kafka.strimzi.enabled' makes a Kafka of the release's own: leave out one of them.
          """)
  void values_that_do_not_go_together_are_refused(String values, String sentence) {
    assertThatThrownBy(() -> Chart.render("existing", values)).hasMessageContaining(sentence);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          commandServices: {money: {contexts: [payment, review]}} | The context 'review' is named twice: in 'commandServices.money.contexts' and in 'commandServices.orders.contexts'. One command service serves it, from one database.
          commandServices: {money: {contexts: [payment, payment]}} | The context 'payment' is named twice in 'commandServices.money.contexts'.
          commandServices: {money: {contexts: [paymnt]}}      | 'commandServices.money.contexts' names the context 'paymnt', which 'contexts' does not have: ordering, payment, shipping, review.
          contexts: [ordering, payment, shipping, review, returning] | No command service serves the context 'returning' of 'contexts': name it in the 'contexts' of one of 'commandServices'.
          commandServices: {money: {database: {host: pg.databases, port: 5432, database: headrace_orders}}} | 'commandServices.money' and 'commandServices.orders' have the same database, pg.databases:5432/headrace_orders: each event log needs one of its own.
          commandServices: {money: {database: {slot: headrace_orders}}} | 'commandServices.money' and 'commandServices.orders' have the same 'database.slot', headrace_orders: the relays would take one another's place in Kafka.
          commandServices: {money: {database: {host: ''}}}    | No PostgreSQL for the commands: set 'commandServices.money.database.host'
          commandServices: {money: {database: {relay: {secret: ''}}}} | create one and name it in 'commandServices.money.database.relay.secret'.
          postgresql: {commands: {owner: {secret: ''}}}       | create one and name it in 'postgresql.commands.owner.secret'.
          commandServices: {orders: {autoscaling: {minReplicas: 9}}} | 'commandServices.orders.autoscaling.minReplicas' is 9, above its 'maxReplicas', 6.
          fullnameOverride: a-rather-long-name-that-somebody-chose-1 | The name 'money' in 'commandServices' makes names that are too long for Kubernetes
          gateway: {enabled: true, parentRefs: [{name: g}], batch: true} | 'gateway.batch' leads to one command service
          """)
  void command_services_that_do_not_go_together_are_refused(String values, String sentence) {
    assertThatThrownBy(() -> Chart.render("contexts", values)).hasMessageContaining(sentence);
  }

  @Test
  void a_secret_that_is_not_there_is_named() {
    assertThatThrownBy(() -> Chart.render("existing", "checkSecrets: true"))
        .hasMessageContaining(
            "The Secret 'pg-owner' that 'postgresql.commands.owner' names is not in the namespace 'shop'.");
    assertThatThrownBy(
            () ->
                Chart.render(
                    "existing", "{checkSecrets: true, image: {pullSecrets: [registry-login]}}"))
        .hasMessageContaining(
            "The Secret 'registry-login' that 'image.pullSecrets[0]' names is not in the namespace 'shop'.");
  }

  @Test
  void a_password_that_the_operator_of_the_databases_would_not_find_is_refused() {
    assertThatThrownBy(
            () -> Chart.render("operators", "postgresql: {views: {reader: {secret: s, key: pw}}}"))
        .hasMessageContaining(
            "'postgresql.views.reader.key' is pw, but CloudNativePG reads a role's password from the key 'password'.");
  }

  @Test
  void queries_alone_need_the_keys_and_the_address_of_the_commands_elsewhere() {
    assertThatThrownBy(() -> Chart.render("queries-only", "consistencyTokens: {secret: ''}"))
        .hasMessageContaining("name their Secret in 'consistencyTokens.secret'.");
    assertThatThrownBy(() -> Chart.render("queries-only", "queryService: {commandsUrl: ''}"))
        .hasMessageContaining(
            "say in 'queryService.commandsUrl' where clients reach the command service of another release.");
  }

  @Test
  void a_way_in_to_nothing_is_refused() {
    String values =
        """
        gateway: {enabled: true, parentRefs: [{name: edge}]}
        queryService: {enabled: false}
        """;

    assertThatThrownBy(() -> Chart.render("queries-only", values))
        .hasMessageContaining(
            "'gateway.enabled' needs 'commandService.enabled' or 'queryService.enabled'");
  }

  @Test
  void an_old_kubernetes_is_refused() {
    var old =
        new Helm(Chart.ROOT)
            .template()
            .withKubeVersion("1.27.0")
            .withValuesFile(Chart.values("existing"));

    assertThatThrownBy(old::call).hasMessageContaining("1.30");
  }

  @Test
  void what_is_switched_off_needs_nothing() {
    assertThat(Chart.render("queries-only", "")).doesNotContain("KAFKA_", "headrace_command");
  }
}
