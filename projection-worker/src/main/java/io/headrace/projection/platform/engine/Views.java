package io.headrace.projection.platform.engine;

import io.headrace.events.platform.ContextEvents;
import io.headrace.events.platform.EventCatalogue;
import io.headrace.projection.platform.view.Source;
import io.headrace.projection.platform.view.View;
import io.quarkus.arc.All;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The views of this deployment: all that the contexts offer. */
@ApplicationScoped
class Views {

  private final List<CompiledView<?>> compiled;
  private final EventCatalogue catalogue;

  Views(@All List<View<?>> views) {
    this.compiled = compile(views);
    this.catalogue = catalogueOf(views);
  }

  static List<CompiledView<?>> compile(List<View<?>> views) {
    List<CompiledView<?>> compiled = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (View<?> view : views) {
      CompiledView<?> each = new CompiledView<>(view);
      compiled.add(each);
      List<String> itsNames = new ArrayList<>(List.of(each.name()));
      each.rollups().forEach(rollup -> itsNames.add(rollup.name()));
      for (String name : itsNames) {
        if (!names.add(name)) {
          throw new IllegalStateException("two views or rollups share the name " + name);
        }
      }
    }
    return List.copyOf(compiled);
  }

  static EventCatalogue catalogueOf(List<View<?>> views) {
    Map<String, ContextEvents<?>> contexts = new HashMap<>();
    for (View<?> view : views) {
      for (Source<?, ?> source : view.sources()) {
        contexts.put(source.events().context(), source.events());
      }
    }
    return new EventCatalogue(contexts.values());
  }

  EventCatalogue catalogue() {
    return catalogue;
  }

  List<CompiledView<?>> all() {
    return compiled;
  }
}
