package io.headrace.query.platform.graphql;

import io.headrace.query.platform.view.ResourceView;
import io.quarkus.arc.All;
import java.util.List;
import org.eclipse.microprofile.graphql.Description;
import org.eclipse.microprofile.graphql.GraphQLApi;
import org.eclipse.microprofile.graphql.NonNull;
import org.eclipse.microprofile.graphql.Query;

/** The part of the API that is there without any view; {@link ViewSchema} adds the views. */
@GraphQLApi
public class ViewsApi {

  private final List<String> names;

  ViewsApi(@All List<ResourceView<?, ?, ?>> views) {
    names = views.stream().map(ResourceView::name).sorted().toList();
  }

  @Query("views")
  @Description("The views that can be asked for.")
  public @NonNull List<@NonNull String> views() {
    return names;
  }
}
