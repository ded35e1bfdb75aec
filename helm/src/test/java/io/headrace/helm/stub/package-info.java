/**
 * As much of a Kubernetes API server as Helm needs: discovery, resources with strict validation,
 * watches. There are no nodes; what a controller would report, {@link
 * io.headrace.helm.stub.Controllers} makes up.
 */
package io.headrace.helm.stub;
