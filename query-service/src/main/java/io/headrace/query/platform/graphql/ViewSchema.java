package io.headrace.query.platform.graphql;

import graphql.schema.FieldCoordinates;
import graphql.schema.GraphQLArgument;
import graphql.schema.GraphQLCodeRegistry;
import graphql.schema.GraphQLEnumType;
import graphql.schema.GraphQLFieldDefinition;
import graphql.schema.GraphQLInputObjectField;
import graphql.schema.GraphQLInputObjectType;
import graphql.schema.GraphQLInputType;
import graphql.schema.GraphQLList;
import graphql.schema.GraphQLNonNull;
import graphql.schema.GraphQLObjectType;
import graphql.schema.GraphQLOutputType;
import graphql.schema.GraphQLSchema;
import graphql.schema.GraphQLType;
import graphql.schema.GraphQLTypeReference;
import io.headrace.events.platform.EventJson;
import io.headrace.query.platform.http.ViewQueries;
import io.headrace.query.platform.view.Attribute;
import io.headrace.query.platform.view.ResourceView;
import io.headrace.query.platform.view.Sort;
import io.headrace.query.platform.view.ValueType;
import io.quarkus.arc.All;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Adds the declared views to the GraphQL schema: for each a field by key and a field for its list,
 * with the filters and orders that it declares.
 *
 * <p>Quarkus builds the schema when it builds the application (in a native image: the image),
 * before there is any configuration of the running service. What depends on that is behind client
 * proxies here and comes to life with the first request.
 */
@ApplicationScoped
class ViewSchema {

  static final String FILTER = "filter";
  static final String SORT = "sort";
  static final String LIMIT = "limit";
  static final String AFTER = "after";
  static final String BEFORE = "before";

  private static final String POSITION = "ViewPosition";
  private static final String SUBSCRIPTION = "Subscription";

  private final List<ResourceView<?, ?, ?>> views;
  private final ViewQueries queries;
  private final Budgets budgets;
  private final Members members;

  ViewSchema(
      @All List<ResourceView<?, ?, ?>> views,
      ViewQueries queries,
      Budgets budgets,
      Members members) {
    this.views =
        views.stream()
            .sorted(Comparator.<ResourceView<?, ?, ?>, String>comparing(ResourceView::name))
            .toList();
    this.queries = queries;
    this.budgets = budgets;
    this.members = members;
  }

  void extend(@Observes GraphQLSchema.Builder builder) {
    // What the annotated part of the API has come to: a builder does not tell.
    var declared = builder.build();
    var scalars = BuiltIns.of(declared);
    var rows = new RowTypes(EventJson.mapper(), scalars, views);
    var inputs = new LinkedHashMap<String, GraphQLType>();
    var types = new LinkedHashSet<GraphQLType>();
    var fields = new ArrayList<GraphQLFieldDefinition>();
    var changes = new ArrayList<GraphQLFieldDefinition>();
    var code = GraphQLCodeRegistry.newCodeRegistry(declared.getCodeRegistry());
    var query = declared.getQueryType().getName();
    var expansion = new Expansion(rows, members);
    for (var view : views) {
      var one = byKey(view, rows, scalars);
      var list = list(view, rows, scalars, inputs, types);
      fields.add(one);
      fields.add(list);
      types.add(change(view, rows));
      var oneChange = one.transform(it -> it.type(changeOf(view)));
      var listChange = live(list, changeOf(view));
      changes.add(oneChange);
      changes.add(listChange);
      addChanges(code, view, oneChange, listChange, expansion);
      code.dataFetcher(
          FieldCoordinates.coordinates(query, one.getName()),
          new RowFetcher<>(view, queries, expansion, budgets));
      code.dataFetcher(
          FieldCoordinates.coordinates(query, list.getName()),
          new PageFetcher<>(view, queries, expansion, budgets));
    }
    types.addAll(rows.all());
    types.addAll(inputs.values());
    types.add(position(scalars));
    builder.query(declared.getQueryType().transform(it -> it.fields(fields)));
    builder.subscription(
        GraphQLObjectType.newObject()
            .name(SUBSCRIPTION)
            .description("Live queries: the present state, and then every change.")
            .fields(changes)
            .build());
    builder.codeRegistry(code.build());
    builder.additionalTypes(types);
  }

  private <E, R> void addChanges(
      GraphQLCodeRegistry.Builder code,
      ResourceView<E, ?, R> view,
      GraphQLFieldDefinition one,
      GraphQLFieldDefinition list,
      Expansion expansion) {
    code.dataFetcher(
        FieldCoordinates.coordinates(SUBSCRIPTION, one.getName()),
        new ChangesFetcher<E, R>(
            view,
            queries,
            expansion,
            budgets,
            request ->
                queries.changesOfRow(
                    view, String.valueOf(request.<Object>getArgument(view.key().name())))));
    code.dataFetcher(
        FieldCoordinates.coordinates(SUBSCRIPTION, list.getName()),
        new ChangesFetcher<E, R>(
            view,
            queries,
            expansion,
            budgets,
            request -> queries.changes(view, PageFetcher.parameters(request))));
  }

  /** A live list begins at its beginning. */
  private static GraphQLFieldDefinition live(
      GraphQLFieldDefinition list, GraphQLOutputType change) {
    return GraphQLFieldDefinition.newFieldDefinition()
        .name(list.getName())
        .description("Many " + list.getName() + ", and every change of them.")
        .type(change)
        .arguments(
            list.getArguments().stream()
                .filter(it -> !it.getName().equals(AFTER) && !it.getName().equals(BEFORE))
                .toList())
        .build();
  }

  private static String nameOf(ResourceView<?, ?, ?> view) {
    return Character.toUpperCase(view.name().charAt(0)) + view.name().substring(1);
  }

  private static GraphQLOutputType changeOf(ResourceView<?, ?, ?> view) {
    return GraphQLNonNull.nonNull(GraphQLTypeReference.typeRef(nameOf(view) + "Change"));
  }

  private static GraphQLObjectType change(ResourceView<?, ?, ?> view, RowTypes rows) {
    var scalars = rows.scalars();
    return GraphQLObjectType.newObject()
        .name(nameOf(view) + "Change")
        .description("What a client is told at once of " + view.name() + ".")
        .field(
            field("state", GraphQLNonNull.nonNull(scalars.truth()))
                .transform(
                    it -> it.description("Whether rows take the place of all that was told.")))
        .field(
            field(
                "rows",
                RowTypes.listOf(GraphQLTypeReference.typeRef(rows.of(view.representation())))))
        .field(
            field("gone", RowTypes.listOf(scalars.text()))
                .transform(it -> it.description("Keys of those that are not in it any more.")))
        .field(
            field("more", GraphQLNonNull.nonNull(scalars.truth()))
                .transform(it -> it.description("Of a state: whether the list has more rows.")))
        .build();
  }

  private static GraphQLFieldDefinition byKey(
      ResourceView<?, ?, ?> view, RowTypes rows, BuiltIns scalars) {
    var type = rows.of(view.representation());
    return GraphQLFieldDefinition.newFieldDefinition()
        .name(Character.toLowerCase(type.charAt(0)) + type.substring(1))
        .description(
            "One row of " + view.name() + "; null if there is none, as far as it has come.")
        .type(GraphQLTypeReference.typeRef(type))
        .argument(
            argument(
                view.key().name(),
                "Its key.",
                GraphQLNonNull.nonNull(scalar(view.key().type(), scalars))))
        .build();
  }

  private static GraphQLFieldDefinition list(
      ResourceView<?, ?, ?> view,
      RowTypes rows,
      BuiltIns scalars,
      Map<String, GraphQLType> inputs,
      Set<GraphQLType> types) {
    var row = rows.of(view.representation());
    var name = nameOf(view);
    var page =
        GraphQLObjectType.newObject()
            .name(name + "Page")
            .description("Rows of " + view.name() + ", and where the pages beside them begin.")
            .field(field("rows", RowTypes.listOf(GraphQLTypeReference.typeRef(row))))
            .field(field("next", scalars.text()))
            .field(field("previous", scalars.text()))
            .field(field("total", JsonScalars.LONG))
            .field(field("position", GraphQLTypeReference.typeRef(POSITION)))
            .build();
    types.add(page);
    var list =
        GraphQLFieldDefinition.newFieldDefinition()
            .name(view.name())
            .description("Many " + view.name() + ", page by page.")
            .type(GraphQLNonNull.nonNull(GraphQLTypeReference.typeRef(page.getName())))
            .argument(argument(SORT, "The order.", sort(name, view, inputs)))
            .argument(argument(LIMIT, "How many at most.", scalars.integer()))
            .argument(argument(AFTER, "Where the page before ended.", scalars.text()))
            .argument(argument(BEFORE, "Where the page behind begins.", scalars.text()));
    if (!view.filters().isEmpty()) {
      list.argument(
          argument(FILTER, "What all rows have to fulfil.", filter(name, view, scalars, inputs)));
    }
    return list.build();
  }

  private static <E> GraphQLInputType sort(
      String view, ResourceView<E, ?, ?> of, Map<String, GraphQLType> inputs) {
    var sorts = GraphQLEnumType.newEnum().name(view + "Sort");
    for (var sort : of.sorts()) {
      var words = new ArrayList<String>();
      for (Sort.Term<E> term : sort.terms()) {
        words.add(term.by().name() + (term.descending() ? "_DESC" : "_ASC"));
      }
      sorts.value(String.join("_", words), sort.parameter());
    }
    return known(sorts.build(), view + "Sort", inputs);
  }

  private static GraphQLInputType filter(
      String view, ResourceView<?, ?, ?> of, BuiltIns scalars, Map<String, GraphQLType> inputs) {
    var filter = GraphQLInputObjectType.newInputObject().name(view + "Filter");
    for (var attribute : of.filters()) {
      filter.field(
          GraphQLInputObjectField.newInputObjectField()
              .name(attribute.name())
              .description("Must be " + attribute.type().expected() + ".")
              .type(comparison(attribute, scalars, inputs)));
    }
    return known(filter.build(), view + "Filter", inputs);
  }

  private static GraphQLInputType comparison(
      Attribute<?> attribute, BuiltIns scalars, Map<String, GraphQLType> inputs) {
    var scalar = scalar(attribute.type(), scalars);
    var name = scalar.getName() + "Comparison";
    if (!inputs.containsKey(name)) {
      var comparison = GraphQLInputObjectType.newInputObject().name(name);
      for (var operator : attribute.operators()) {
        comparison.field(
            GraphQLInputObjectField.newInputObjectField()
                .name(operator.word())
                .type(
                    switch (operator) {
                      case IN -> GraphQLList.list(GraphQLNonNull.nonNull(scalar));
                      case EQ, NE, GT, GTE, LT, LTE -> scalar;
                    }));
      }
      inputs.put(name, comparison.build());
    }
    return GraphQLTypeReference.typeRef(name);
  }

  private static GraphQLInputType known(
      GraphQLType type, String name, Map<String, GraphQLType> inputs) {
    inputs.put(name, type);
    return GraphQLTypeReference.typeRef(name);
  }

  private static graphql.schema.GraphQLScalarType scalar(ValueType type, BuiltIns scalars) {
    if (type == ValueType.INTEGER) {
      return scalars.integer();
    }
    if (type == ValueType.BOOLEAN) {
      return scalars.truth();
    }
    if (type == ValueType.LONG) {
      return JsonScalars.LONG;
    }
    if (type == ValueType.DECIMAL) {
      return JsonScalars.DECIMAL;
    }
    if (type == ValueType.INSTANT) {
      return JsonScalars.DATE_TIME;
    }
    return type == ValueType.DATE ? JsonScalars.DATE : scalars.text();
  }

  private static GraphQLObjectType position(BuiltIns scalars) {
    return GraphQLObjectType.newObject()
        .name(POSITION)
        .description("How far a view had come when it was read; see the header View-Position.")
        .field(field("view", GraphQLNonNull.nonNull(scalars.text())))
        .field(field("generation", GraphQLNonNull.nonNull(scalars.integer())))
        .field(field("events", GraphQLNonNull.nonNull(JsonScalars.LONG)))
        .field(field("newest", JsonScalars.DATE_TIME))
        .field(field("completeUntil", JsonScalars.DATE_TIME))
        .field(field("parked", GraphQLNonNull.nonNull(JsonScalars.LONG)))
        .field(field("rebuilding", GraphQLNonNull.nonNull(scalars.truth())))
        .field(field("behind", GraphQLNonNull.nonNull(scalars.truth())))
        .build();
  }

  private static GraphQLFieldDefinition field(String name, GraphQLOutputType type) {
    return GraphQLFieldDefinition.newFieldDefinition().name(name).type(type).build();
  }

  private static GraphQLArgument argument(String name, String description, GraphQLInputType type) {
    return GraphQLArgument.newArgument().name(name).description(description).type(type).build();
  }
}
