package io.headrace.query.platform.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headrace.query.platform.view.ExportableView;
import io.headrace.query.platform.view.ResourceView;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a client gets to see of rows and pages.
 *
 * <p>A row has its {@code _links} always. A page in plain JSON has links of its own, and its rows
 * have none, since a client that wants them for every row asks for HAL: there the rows are {@code
 * _embedded}, each with its links.
 */
@ApplicationScoped
class Representations {

  static final String FIELDS = "fields";
  static final String LINKS = "_links";
  static final String EMBEDDED = "_embedded";

  private final ObjectMapper json;
  private final Links links;
  private final Map<String, List<String>> fields;

  Representations(ObjectMapper json, Links links, ViewCatalogue catalogue) {
    this.json = exact(json);
    this.links = links;
    this.fields =
        catalogue.allExportable().stream()
            .collect(Collectors.toUnmodifiableMap(ExportableView::name, this::fieldsOf));
  }

  /** By itself, Jackson makes 1.5 of 1.50 where it holds JSON as a tree. */
  static ObjectMapper exact(ObjectMapper json) {
    return json.copy().configure(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES, false);
  }

  private List<String> fieldsOf(ExportableView<?, ?, ?> view) {
    return json
        .getSerializationConfig()
        .introspect(json.constructType(view.representation()))
        .findProperties()
        .stream()
        .map(BeanPropertyDefinition::getName)
        .toList();
  }

  /** The members that a representation of the view can have. */
  List<String> fields(ExportableView<?, ?, ?> view) {
    return fields.getOrDefault(view.name(), List.of());
  }

  /**
   * Which members are asked for; empty for all.
   *
   * @throws ProblemException 400
   */
  Optional<Set<String>> selected(ExportableView<?, ?, ?> view, QueryParameters query) {
    return query
        .text(FIELDS)
        .map(
            text -> {
              var names = Set.copyOf(Arrays.asList(text.split(",", -1)));
              var allowed = fields(view);
              if (!names.stream().allMatch(it -> it.equals(LINKS) || allowed.contains(it))) {
                throw new ProblemException(
                    Problem.invalidParameter(
                        FIELDS,
                        "some of " + String.join(", ", allowed) + ", separated by commas",
                        allowed));
              }
              return names;
            });
  }

  /** A row by itself. */
  <E> Object row(ResourceView<E, ?, ?> view, E row, Optional<Set<String>> fields, boolean hal) {
    return fields.isEmpty()
        ? linked(view, row)
        : sparse(view, row, fields.get(), hal || fields.get().contains(LINKS));
  }

  <E> Object page(
      ResourceView<E, ?, ?> view,
      Pages.Page<E> page,
      Map<String, Object> links,
      Optional<Set<String>> fields,
      boolean hal) {
    var body = new LinkedHashMap<String, Object>();
    var rows = page.rows().stream().map(it -> rowOfPage(view, it, fields, hal)).toList();
    if (hal) {
      body.put(LINKS, links);
      page.total().ifPresent(it -> body.put(PageRequest.TOTAL, it));
      body.put(EMBEDDED, Map.of(view.name(), rows));
    } else {
      body.put(view.name(), rows);
      page.total().ifPresent(it -> body.put(PageRequest.TOTAL, it));
      body.put(LINKS, links);
    }
    return body;
  }

  /** A row of a list in plain JSON, or in HAL. */
  <E> Object rowOfPage(
      ResourceView<E, ?, ?> view, E row, Optional<Set<String>> fields, boolean hal) {
    if (fields.isPresent()) {
      return sparse(view, row, fields.get(), hal || fields.get().contains(LINKS));
    }
    return hal ? linked(view, row) : view.represent(row);
  }

  private <E, R> Object linked(ResourceView<E, ?, R> view, E row) {
    var representation = view.represent(row);
    return new Linked(representation, links.ofRow(view, row, representation));
  }

  private <E, R> Object sparse(
      ResourceView<E, ?, R> view, E row, Set<String> fields, boolean withLinks) {
    var representation = view.represent(row);
    ObjectNode object = json.valueToTree(representation);
    object.retain(fields);
    if (withLinks) {
      object.set(LINKS, json.valueToTree(links.ofRow(view, row, representation)));
    }
    return object;
  }
}
